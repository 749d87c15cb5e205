import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import type { CreditRow } from '../../src/core/attribution/credit.ts';
import type { LedgerEntry } from '../../src/core/ledger.ts';
import type { Payment } from '../../src/core/payment.ts';
import type { Touchpoint } from '../../src/core/touchpoint.ts';
import { openRecords } from '../../src/storage/records/open.ts';
import type { Connection, Site } from '../../src/storage/records/records.ts';
import { startPostgres, type Postgres } from '../postgres.ts';

export type OpenedRecords = ReturnType<typeof openRecords>;
export interface Address {
  databaseUrl?: string;
  dataDir: string;
}
export interface Stores {
  engine: 'SQLite' | 'PostgreSQL';
  /** A new, empty, migrated store. */
  fresh(): Promise<OpenedRecords>;
  /** The address of a store that holds nothing, not even tables. */
  empty(): Promise<Address>;
  /** Another handle on a store, as another process would have. Closed at the end. */
  open(address: Address): OpenedRecords;
  addressOf(records: OpenedRecords): Address;
}

export const quiet = { info() {}, warn() {}, error() {} };

/** The suite is written once; each engine must pass all of it. */
export function describeStores(title: string, define: (stores: Stores) => void): void {
  for (const engine of ['SQLite', 'PostgreSQL'] as const) {
    describe(`${title}, ${engine}`, () => {
      const addresses = new Map<OpenedRecords, Address>();
      let home = '';
      let postgres: Postgres | null = null;
      before(async () => {
        home = await mkdtemp(join(tmpdir(), 'headwater-records-'));
        if (engine === 'PostgreSQL') postgres = await startPostgres();
      });
      after(async () => {
        for (const records of addresses.keys()) await records.close();
        await postgres?.stop();
        await rm(home, { recursive: true, force: true });
      });
      const stores: Stores = {
        engine,
        async fresh() {
          const records = stores.open(await stores.empty());
          await records.migrate();
          return records;
        },
        async empty() {
          const dataDir = await mkdtemp(join(home, 'store-'));
          return postgres ? { databaseUrl: await postgres.newDatabase(), dataDir } : { dataDir };
        },
        open(address) {
          const records = openRecords({ ...address, log: quiet });
          addresses.set(records, address);
          return records;
        },
        addressOf: (records) => addresses.get(records)!,
      };
      define(stores);
    });
  }
}

export async function addSite(records: OpenedRecords, domain = 'shop.example'): Promise<Site> {
  const team = await records.teams.default(1);
  return records.sites.add({ team: team.id, name: 'Shop', domain, timezone: 'UTC', currency: 'usd' }, 1000);
}

export async function addConnection(records: OpenedRecords, site?: string): Promise<Connection> {
  return records.connections.add(
    {
      site: site ?? (await addSite(records)).id,
      account: null,
      mode: 'test',
      status: 'unverified',
      statusReason: null,
      sealedKey: null,
      keyHint: null,
      checkedAt: null,
    },
    1000,
  );
}

export function makePayment(site: string, id: string, change: Partial<Payment> = {}): Payment {
  return {
    site,
    id,
    mode: 'live',
    connection: 'connection',
    kind: 'one_time',
    currency: 'usd',
    occurredAt: 1_000_999,
    customer: null,
    subscription: null,
    pathEndsAt: null,
    grossMinor: 2000,
    refundedMinor: 0,
    disputedMinor: 0,
    feeMinor: 0,
    feeCurrency: null,
    taxMinor: null,
    product: null,
    productName: null,
    price: null,
    coupon: null,
    ...change,
  };
}

export function makeEntry(id: string, change: Partial<LedgerEntry> = {}): LedgerEntry {
  return {
    id,
    paymentId: 'ch_1',
    kind: 'charge',
    amountMinor: 2000,
    currency: 'usd',
    occurredAt: 1_000_999,
    balanceTransaction: null,
    settledMinor: null,
    settledCurrency: null,
    feeMinor: null,
    ...change,
  };
}

export function makeTouchpoint(visitor: string, occurredAt: number): Touchpoint {
  return {
    visitor,
    session: `session-${occurredAt}`,
    occurredAt,
    receivedAt: occurredAt,
    source: 'google',
    medium: 'cpc',
    campaign: 'spring',
    term: '',
    content: '',
    clickId: '',
    clickIdKind: '',
    referrerHost: '',
    referrer: '',
    channel: 'Paid Search',
    landingPage: '/',
    hostname: 'shop.example',
    country: 'NL',
    device: 'desktop',
    browser: 'Firefox',
    os: 'Linux',
  };
}

export function makeCredit(site: string, entry: LedgerEntry, touchpoint: Touchpoint | null): CreditRow {
  const amount = entry.amountMinor;
  return {
    site,
    mode: 'live',
    payment: makePayment(site, entry.paymentId),
    entry,
    position: touchpoint ? 0 : -1,
    touchpoint,
    reason: touchpoint ? '' : 'no_visitor_id',
    amounts: {
      first_touch: amount,
      last_touch: amount,
      last_non_direct: amount,
      linear: amount,
      position_based: amount,
      time_decay: amount,
      custom: amount,
    },
    sign: 1,
  };
}
