import assert from 'node:assert/strict';
import { createHmac, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import type { Event } from '../core/event.ts';
import type { Site, SiteSettings } from '../storage/records/records.ts';
import { type CollectRequest, type CollectResult, createCollect } from './collect.ts';
import { createCollectCounters } from './counters.ts';
import { createLocate } from './locate.ts';
import { createSpool, type Spool } from './spool.ts';
import type { TrafficLists } from './traffic-lists.ts';

/** What the tests of collect post, and to what: the real steps over a real spool. */
export const NOW = Date.UTC(2026, 10, 20, 12);
export const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36';
const dir = mkdtempSync(join(tmpdir(), 'collect-'));
const spools: Spool[] = [];
after(async () => {
  // A spool writes from a thread of its own: what a test left open could make a file while the directory goes.
  for (const spool of spools) await spool.close();
  rmSync(dir, { recursive: true });
});

const settings: SiteSettings = {
  hosts: ['checkout.example'],
  keptParameters: ['plan'],
  hashRouting: false,
  excludedPaths: ['/admin'],
  visitorMetadataKeys: [],
  windowDays: null,
  offStripe: false,
};
export const SITE: Site = {
  id: 'site1',
  team: 't',
  name: 'Shop',
  domain: 'shop.example',
  timezone: 'UTC',
  currency: 'usd',
  settings,
  createdAt: 0,
};

export const sign = (text: string) => createHmac('sha256', 'ours').update(text).digest('hex');

let files = 0;
export async function open(
  options: {
    bytesMax?: number;
    findSite?: () => Promise<Site | null> | Site | null;
    salt?: string;
    lists?: TrafficLists;
    now?: () => number;
  } = {},
) {
  const spool = createSpool({ path: join(dir, `${++files}.sqlite`), now: () => NOW, bytesMax: options.bytesMax });
  spools.push(spool);
  const counters = createCollectCounters();
  const collect = createCollect({
    findSite: options.findSite ?? ((id) => (id === SITE.id ? SITE : null)),
    spool,
    locate: await createLocate(),
    now: options.now ?? (() => NOW),
    hashEmail: (email) => `hash(${email})`,
    sign,
    salts: { today: async () => options.salt ?? 'salt' },
    ...(options.lists ? { lists: options.lists } : {}),
    countryHeader: 'cf-ipcountry',
    counters,
  });
  const post = (body: unknown, request: Partial<CollectRequest> = {}): Promise<CollectResult> =>
    collect({
      body: typeof body === 'string' ? body : Buffer.from(JSON.stringify(body)),
      headers: { 'user-agent': CHROME, ...request.headers },
      address: request.address ?? '203.0.113.7',
      keySite: request.keySite ?? null,
      host: request.host ?? '',
    });
  const kept = (): Event[] => spool.take(1e9).flatMap((row) => row.events);
  return { post, kept, counters, spool };
}

export const view = (more: object = {}) => ({
  id: randomUUID(),
  name: 'pageview',
  url: 'https://shop.example/',
  ...more,
});
export const batch = (...events: object[]) => ({ site: 'site1', visitor: 'v1', session: 's1', events });

/** Posts one event and gives back what was kept of it. */
export async function keep(event: object, request: Partial<CollectRequest> = {}, more: object = {}): Promise<Event> {
  const { post, kept, spool } = await open();
  const result = await post({ ...batch(event), ...more }, request);
  assert.equal(result.status, 202, JSON.stringify(result));
  const [first] = kept();
  await spool.close();
  assert.ok(first, JSON.stringify(result));
  return first;
}
