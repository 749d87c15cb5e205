import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { planShop, type ShopSettings } from './shop-plan.ts';

const settings: ShopSettings = {
  origin: 'https://tidebook.example',
  days: 90,
  visitors: 2_000,
  seed: 5,
  endAt: Date.UTC(2026, 10, 21, 12),
};
const hashOf = (changed: Partial<ShopSettings> = {}) => {
  const { hits, deeds } = planShop({ ...settings, ...changed });
  return createHash('sha256')
    .update(JSON.stringify([[...hits], deeds]))
    .digest('hex');
};

describe('the demo’s shop', () => {
  it('is the same for the same seed, and another for another', () => {
    assert.equal(hashOf(), hashOf());
    assert.notEqual(hashOf(), hashOf({ seed: 6 }));
  });

  it('lies in the past, in order, with every event counted once', () => {
    const { hits, deeds } = planShop(settings);
    const all = [...hits.values()].flat();
    const times = all.map((event) => event.at!);
    assert.ok(Math.max(...times) < settings.endAt && Math.min(...times) > settings.endAt - 91 * 86_400_000);
    assert.equal(new Set(all.map((event) => event.id)).size, all.length);
    assert.ok(all.every((event) => /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/.test(event.id)));
    assert.deepEqual(
      deeds.map((deed) => deed.at),
      deeds.map((deed) => deed.at).sort((a, b) => a - b),
    );
    assert.ok(deeds.every((deed) => deed.at < settings.endAt));
  });

  it('has something of everything', () => {
    const { hits, deeds, spend } = planShop({ ...settings, visitors: 6_500 });
    assert.ok(hits.size > 5);
    for (const kind of ['sale', 'subscription', 'renewal', 'upgrade', 'refund', 'dispute', 'answer']) {
      assert.ok(
        deeds.some((deed) => deed.kind === kind),
        kind,
      );
    }
    assert.ok(deeds.some((deed) => deed.kind === 'subscription' && deed.onTrial));
    const campaigns = new Set(spend.map(({ campaign }) => campaign));
    assert.ok(campaigns.size > 4 && campaigns.has('video-views'));
    const days = spend.map(({ date, campaign }) => `${date} ${campaign}`);
    assert.equal(new Set(days).size, days.length, 'one row for each day and campaign');
    assert.ok(spend.every(({ amount, clicks }) => Number.isSafeInteger(amount) && amount > 0 && clicks > 0));
    const trails = new Set(deeds.flatMap((deed) => ('trail' in deed ? [deed.trail] : [])));
    for (const trail of ['session', 'intent', 'link', 'none'] as const) assert.ok(trails.has(trail), trail);
  });
});
