// What CREDIT_VERSION stands for. A payment that was credited by this version from the same facts is not computed again, so
// a change of what the same facts give must come with another version.
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import { convertEntries } from '../exchange.ts';
import { rateTable } from '../rates.ts';
import { CREDIT_VERSION } from './credit.ts';
import { creditRows, creditsByTouchpoint, unattributedRows } from './credits.ts';
import { DAY_MS, entry, path, payment } from './credits.fixture.ts';
import { narrowedPath } from './path.ts';
import { DEFAULT_MODEL_SETTINGS } from './settings.ts';
import type { ModelSettings } from './settings.ts';

const PINNED = { version: 2, digest: 'b6e1be8d6e77d7b709af905d12914f168b5c02f329c35b06571ab15264efc54a' };

const SETTINGS: Partial<ModelSettings>[] = [
  {},
  { windowDays: 7 },
  { ignoreDirect: true, collapseRepeats: true },
  { positionPercents: { first: 70, middle: 10, last: 20 }, halfLifeHours: 30 },
  { custom: { name: 'Mine', fromStart: [5, 3], others: 2, fromEnd: [1] } },
];
const PATHS = [['google'], ['google', ''], ['', 'news', 'news', '', 'bing'], ['a', 'b', 'c', 'd', 'e', 'f', '']];
const fee = { settledCurrency: 'usd', feeMinor: 59 };
const ENTRIES = [
  [{ ...entry('charge', 'ch_1', 1_001), ...fee }],
  [{ ...entry('charge', 'ch_1', 1_001), ...fee }, entry('refund', 're_1', -333, 11), entry('refund', 're_2', -668, 12)],
  [entry('charge', 'ch_1', 1_001), entry('charge', 'ch_1#1', -101, 10), entry('dispute', 'txn_1', -900, 13)],
];

test('the same facts give the credits this version stands for', () => {
  const given: unknown[] = [];
  for (const entries of ENTRIES) {
    const taxed = { ...payment, taxMinor: 160 };
    const euros = entries.map((it) => ({
      ...it,
      currency: 'eur',
      settledCurrency: it.feeMinor === null ? null : 'eur',
    }));
    const rates = rateTable([{ day: '1970-01-10', base: 'eur', quote: 'usd', rate: '1.0931' }]);
    const conversion = { to: 'usd', entries: convertEntries(euros, 'usd', rates) };
    given.push(unattributedRows(taxed, entries, 'no_visitor_id'));
    for (const sources of PATHS) {
      for (const chosen of SETTINGS) {
        const settings = { ...DEFAULT_MODEL_SETTINGS, ...chosen };
        const narrowed = narrowedPath(path(sources), { ...settings, endsAt: 10 * DAY_MS });
        if (narrowed.length === 0) continue;
        const rows = creditRows(taxed, entries, narrowed, null, settings);
        given.push(rows, creditsByTouchpoint(rows));
        given.push(creditRows({ ...taxed, currency: 'eur' }, euros, narrowed, conversion, settings));
      }
    }
  }
  assert.deepEqual(
    { version: CREDIT_VERSION, digest: hash('sha256', JSON.stringify(given)) },
    PINNED,
    'credits became other ones: raise CREDIT_VERSION (credit.ts), so that recompute computes them anew, and pin both here',
  );
});
