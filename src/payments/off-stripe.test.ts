import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addConnection, describeStores, quiet } from '../../test/contracts/record-stores.ts';
import type { OpenedRecords } from '../../test/contracts/record-stores.ts';
import type { ProviderObject } from '../core/payment.ts';
import type { Connection } from '../storage/records/records.ts';
import { make } from '../core/objects.fixture.ts';
import { createJobRunner, offStripeTurn } from '../jobs.ts';
import { sitesThatFollow } from '../sites/site-changes.ts';
import { bookObjects, lockConnection } from './book.ts';
import { COUNT_OFF_STRIPE } from './off-stripe.ts';

const NOW = Date.UTC(2026, 10, 20);
const now = () => NOW;

const paid = (id: string) => make('invoice', id, { amountPaidMinor: 5, offStripeMinor: 5, currency: 'usd' });

describeStores('invoices paid off Stripe', (stores) => {
  /** A site with invoices that were left out, and the runner of the job that counts them. */
  async function shop(invoices: number) {
    const records = await stores.fresh();
    const connection = await addConnection(records);
    const site = (await records.sites.get(connection.site))!;
    const ids = Array.from({ length: invoices }, (_, index) => `in_${String(index).padStart(4, '0')}`);
    const book = (at: Connection, objects: ProviderObject[]) =>
      records.transaction(async (tx) => {
        await lockConnection(tx, at);
        await bookObjects(tx, { connection: at, site, now: NOW, fetchDelayMs: 0 }, objects);
      });
    const others = [make('invoice', 'in_open', { currency: 'usd' }), make('charge', 'ch_1', { amountMinor: 9 })];
    await book(connection, [...ids.map(paid), ...others]);
    const sites = sitesThatFollow({ records, now });
    const set = (offStripe: boolean) => sites.update(site.id, { settings: { ...site.settings, offStripe } });
    const turns = { [COUNT_OFF_STRIPE]: offStripeTurn({ records, now, log: quiet, onProgress() {} }) };
    return { records, connection, site, set, book, ...createJobRunner({ records, turns, now, log: quiet }) };
  }
  const counted = async (records: OpenedRecords, site: string) =>
    (await records.payments.all(site, null, 2_000)).filter((id) => id.startsWith('in_')).length;

  test('are counted in turns once the site counts them, and once only', async () => {
    const { records, site, set, runOnce } = await shop(450);
    await set(true);
    assert.equal(await runOnce(), true);
    assert.equal(await counted(records, site.id), 200);
    while (await runOnce());
    assert.equal(await counted(records, site.id), 450);
    await set(false);
    await set(true);
    while (await runOnce());
    const entries = await records.ledger.entriesOf(site.id, ['in_0007']);
    assert.deepEqual(
      entries.map(({ amountMinor }) => amountMinor),
      [5],
    );
  });

  test('are counted of every connection, one that was disconnected too', async () => {
    const { records, site, set, book, runOnce } = await shop(3);
    const second = await addConnection(records, site.id);
    await book(second, [paid('in_second')]);
    await records.connections.update(second.id, { status: 'disconnected' });
    await set(true);
    while (await runOnce());
    assert.equal(await counted(records, site.id), 4);
  });

  test('are left out from where the count is when the site changes its mind', async () => {
    const { records, site, set, runOnce } = await shop(450);
    await set(true);
    await runOnce();
    await set(false);
    while (await runOnce());
    assert.equal(await counted(records, site.id), 200);
  });

  test('are counted by what the site says now, whatever whoever books them knew', async () => {
    const { records, connection, site, set, book } = await shop(0);
    await set(true);
    await book(connection, [paid('in_late')]);
    assert.equal(await counted(records, site.id), 1);
  });
});
