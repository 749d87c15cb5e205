// What advertising cost, on both stores: imported once or many times, whole or in parts, undone, renamed, converted.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as fc from 'fast-check';
import type { SpendRow } from '../../src/core/spend.ts';
import { setSpendAlias } from '../../src/spend/alias.ts';
import { importSpend, SPEND_JOB, undoSpend } from '../../src/spend/book.ts';
import { SpendRefused } from '../../src/spend/refused.ts';
import { MIGRATIONS } from '../../src/storage/records/migrations/all.ts';
import { migrate } from '../../src/storage/records/migrations/migrate.ts';
import { settleImport, settleStanding } from '../../src/spend/settle.ts';
import { andSpend, spendTurn } from '../../src/spend/turns.ts';
import type { Job, Site } from '../../src/storage/records/records.ts';
import { addSite, describeStores, type OpenedRecords } from './record-stores.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const now = () => NOW;
const SAID = { platform: null, currency: null, source: null, medium: null, account: null, dates: null };
const ONCE = { preview: false, partial: false };

describeStores('spend', (stores) => {
  let records: OpenedRecords;
  before(async () => {
    records = await stores.fresh();
  });

  const google = (lines: string[], columns = 'Day,Campaign,Campaign ID,Customer ID,Currency code,Cost,Clicks') =>
    `${columns}\n${lines.join('\n')}\n`;
  const load = (site: Site, text: string, switches = ONCE, said = {}) =>
    importSpend(
      { records, now },
      site,
      { kind: 'file', name: 'report.csv', bytes: Buffer.from(text), options: { ...SAID, ...said } },
      switches,
    );
  /** Everything that went to the facts store, added up; what was cancelled is gone. */
  async function facts(): Promise<SpendRow[]> {
    const rows: SpendRow[] = [];
    for (let batch = await records.outbox.nextBatch(100); batch; batch = await records.outbox.nextBatch(100)) {
      rows.push(...batch.spend);
      await records.outbox.remove(batch.token);
    }
    return rows;
  }
  const sent = new Map<string, number>();
  /** 'day source / medium / campaign amount currency' of a site, as reports would add it up. */
  async function reported(site: Site): Promise<string[]> {
    for (const { sign, ...row } of await facts()) {
      const tags = `${row.source} / ${row.medium} / ${row.campaign}`;
      const money = row.reporting
        ? `${row.reporting.amountMinor} ${row.reporting.currency}`
        : `${row.amountMinor} ${row.currency}?`;
      const text = `${row.site} ${row.day} ${tags} ${money}`;
      sent.set(text, (sent.get(text) ?? 0) + sign);
    }
    for (const [text, count] of sent) {
      assert.ok(count === 0 || count === 1, `${text} stands ${count} times`);
    }
    return [...sent]
      .filter(([text, count]) => count === 1 && text.startsWith(site.id))
      .map(([text]) => text.slice(site.id.length + 1))
      .sort();
  }

  test('the same file again changes nothing, a corrected one only what it corrects', async () => {
    const site = await addSite(records);
    const text = google([
      '2026-11-02,Brand,1,A,USD,10.00,5',
      '2026-11-03,Brand,1,A,USD,20.00,6',
      '2026-11-03,Shoes,2,A,USD,5.00,1',
    ]);
    const first = await load(site, text);
    assert.deepEqual(
      [first.state, first.new, first.changed, first.unchanged, first.totals, first.campaigns, first.days],
      ['imported', 3, 0, 0, [{ currency: 'usd', amount: 35_00 }], 2, 2],
    );
    const stood = [
      '2026-11-02 google / cpc / Brand 1000 usd',
      '2026-11-03 google / cpc / Brand 2000 usd',
      '2026-11-03 google / cpc / Shoes 500 usd',
    ];
    assert.deepEqual(await reported(site), stood);
    const again = await load(site, text);
    assert.deepEqual([again.state, again.import, again.unchanged], ['unchanged', null, 3]);
    assert.deepEqual(await facts(), []);
    const corrected = await load(site, google(['2026-11-03,Brand,1,A,USD,19.50,6', '2026-11-03,Shoes,2,A,USD,5.00,1']));
    assert.deepEqual([corrected.new, corrected.changed, corrected.unchanged], [0, 1, 1]);
    assert.deepEqual(await reported(site), [stood[0], '2026-11-03 google / cpc / Brand 1950 usd', stood[2]]);
    // Taken back, what was there before is there again; and the first one leaves nothing.
    assert.equal(await undoSpend({ records, now }, site.id, corrected.import!), true);
    assert.deepEqual(await reported(site), stood);
    assert.equal(await undoSpend({ records, now }, site.id, corrected.import!), false);
    assert.equal(await undoSpend({ records, now }, (await addSite(records)).id, first.import!), false);
    await undoSpend({ records, now }, site.id, first.import!);
    assert.deepEqual(await reported(site), []);
    const listed = await records.spend.imports(site.id, 10);
    assert.deepEqual(
      listed.map(({ state, summary }) => [state, summary.lines, summary.from, summary.to]),
      [
        ['undone', 2, '2026-11-03', '2026-11-03'],
        ['undone', 3, '2026-11-02', '2026-11-03'],
      ],
    );
  });

  test('the same days exported another way take the place of what was there', async () => {
    const site = await addSite(records);
    const stands = async (amount: number, name = 'Brand') =>
      assert.deepEqual(await reported(site), [`2026-11-02 google / cpc / ${name} ${amount} usd`]);
    await load(site, google(['2026-11-02,Brand,USD,10.00'], 'Day,Campaign,Currency code,Cost'));
    await stands(1000);
    await load(site, google(['2026-11-02,Brand,1,A,USD,11.00,5']));
    await stands(1100);
    // By ad group: added up.
    await load(
      site,
      google(
        ['2026-11-02,Brand,1,A,one,USD,5.00', '2026-11-02,Brand,1,A,two,USD,7.00'],
        'Day,Campaign,Campaign ID,Customer ID,Ad group,Currency code,Cost',
      ),
    );
    await stands(1200);
    await load(site, google(['2026-11-02,Brand renamed,1,A,USD,13.00,5']));
    await stands(1300, 'Brand renamed');
    await load(site, google(['2026-11-02,Brand,USD,14.00'], 'Day,Campaign,Currency code,Cost'));
    await stands(1400);
    // Another account's campaign of that name comes beside it; without its account it could be either.
    await load(site, google(['2026-11-02,Brand,9,B,USD,1.00,5']));
    assert.equal((await reported(site)).length, 2);
    const other = await addSite(records);
    await load(other, google(['2026-11-02,Brand,1,A,USD,1.00,5', '2026-11-02,Brand,2,B,USD,2.00,5']));
    await assert.rejects(
      load(other, google(['2026-11-02,Brand,USD,3.00'], 'Day,Campaign,Currency code,Cost')),
      (error) =>
        error instanceof SpendRefused && /line 2: several accounts have a campaign "Brand"/.test(error.message),
    );
    await load(other, google(['2026-11-02,Brand,USD,3.00'], 'Day,Campaign,Currency code,Cost'), ONCE, { account: 'B' });
    assert.deepEqual(await reported(other), [
      '2026-11-02 google / cpc / Brand 100 usd',
      '2026-11-02 google / cpc / Brand 300 usd',
    ]);
  });

  test('a campaign’s day in several currencies stands in each; the next import of it replaces all of them', async () => {
    const site = await addSite(records);
    const columns = 'Day,Campaign,Currency code,Cost';
    const told = (...lines: string[]) => load(site, google(lines, columns));
    const [eur, usd] = ['2026-11-02 google / cpc / Brand 1000 eur?', '2026-11-02 google / cpc / Brand 700 usd'];
    const both = await told('2026-11-02,Brand,EUR,10.00', '2026-11-02,Brand,USD,7.00', '2026-11-03,Brand,USD,1.00');
    assert.deepEqual([both.new, both.lines, both.campaigns, both.rejected.count], [3, 3, 1, 0]);
    const third = '2026-11-03 google / cpc / Brand 100 usd';
    assert.deepEqual(await reported(site), [eur, usd, third]);
    // In another order: the same.
    const again = await told('2026-11-02,Brand,USD,7.00', '2026-11-02,Brand,EUR,10.00', '2026-11-03,Brand,USD,1.00');
    assert.deepEqual([again.state, again.unchanged], ['unchanged', 3]);
    const places = [{ day: '2026-11-02', key: (await records.spend.standingPlaces(site.id, {}, null, 10))[0]!.key }];
    assert.equal((await records.spend.standing(site.id, places)).length, 2);
    assert.equal((await records.spend.standingPlaces(site.id, {}, null, 10)).length, 2);
    // The currency of one was wrong.
    const corrected = await told('2026-11-02,Brand,GBP,10.00', '2026-11-02,Brand,USD,7.00');
    assert.deepEqual([corrected.new, corrected.changed, corrected.unchanged], [0, 2, 0]);
    assert.deepEqual(await reported(site), ['2026-11-02 google / cpc / Brand 1000 gbp?', usd, third]);
    // All of it was in one.
    const one = await told('2026-11-02,Brand,USD,7.00');
    assert.deepEqual([one.state, one.changed], ['imported', 1]);
    assert.deepEqual(await reported(site), [usd, third]);
    await undoSpend({ records, now }, site.id, one.import!);
    await undoSpend({ records, now }, site.id, corrected.import!);
    assert.deepEqual(await reported(site), [eur, usd, third]);
    await settleStanding(records, site.id, {});
    assert.deepEqual(await facts(), []);
    await undoSpend({ records, now }, site.id, both.import!);
    assert.deepEqual([await reported(site), await records.spend.standing(site.id, places)], [[], []]);
  });

  test('what was imported before currencies told lines apart stands as it did', async () => {
    const store = stores.open(await stores.empty());
    const older = MIGRATIONS.filter(({ name }) => name < '0018');
    await migrate(store.db, older, NOW);
    const tags = { source: 'google', medium: 'cpc', campaign: 'Brand' };
    const line = { platform: 'google_ads', account: '', campaign_id: '1', currency: 'eur', amount_minor: 7 };
    const place = { site: 's', day: '2026-11-02', campaign_key: 'k', clicks: 3, impressions: null };
    const imported = { ...place, ...line, ...tags };
    const reporting = { reporting_currency: null, reporting_minor: null, evidence: null };
    await store.db
      .insertInto('spend_lines')
      .values([1, 2].map((seq) => ({ ...imported, import: seq })))
      .execute();
    await store.db
      .insertInto('spend')
      .values({ ...imported, ...reporting, name: 'Brand', channel: 'Paid Search' })
      .execute();
    await store.migrate();
    assert.deepEqual(await store.spend.importPlaces('s', 2, null, 10), [{ day: '2026-11-02', key: 'k' }]);
    const [standing] = await store.spend.standing('s', [{ day: '2026-11-02', key: 'k' }]);
    assert.deepEqual([standing?.row.amountMinor, standing?.row.currency, standing?.row.name], [7, 'eur', 'Brand']);
  });

  test('bad lines stop the whole file, unless the others are asked for; a preview stores nothing', async () => {
    const site = await addSite(records);
    const text = google(['2026-11-02,Brand,1,A,USD,10.00,5', '2026-11-99,Brand,1,A,USD,20.00,6']);
    await assert.rejects(
      load(site, text),
      (error) =>
        error instanceof SpendRefused &&
        error.message.startsWith(
          '1 of 2 lines cannot be read, and nothing was imported. line 3: "2026-11-99" is not a day',
        ),
    );
    const preview = await load(site, text, { preview: true, partial: false });
    assert.deepEqual(
      [preview.state, preview.new, preview.rejected],
      ['previewed', 1, { count: 1, lines: [{ line: 3, reason: '"2026-11-99" is not a day' }] }],
    );
    assert.deepEqual([await records.spend.imports(site.id, 10), await reported(site)], [[], []]);
    const partial = await load(site, text, { preview: false, partial: true });
    assert.deepEqual([partial.state, partial.rejected.count], ['imported', 1]);
    assert.equal((await records.spend.imports(site.id, 10))[0]!.summary.rejected, 1);
    await assert.rejects(load(site, google([])), /no line of spend/);
  });

  test('spend in another currency stands apart until a rate of its day is known', async () => {
    const site = await addSite(records);
    await load(site, google(['2026-11-02,Brand,1,A,CAD,10.00,5', '2026-11-12,Brand,1,A,CAD,10.01,5']));
    assert.deepEqual(await reported(site), [
      '2026-11-02 google / cpc / Brand 1000 cad?',
      '2026-11-12 google / cpc / Brand 1001 cad?',
    ]);
    await records.rates.put([{ day: '2026-11-10', base: 'cad', quote: 'usd', rate: '0.75' }], 'file');
    const turn = andSpend({ records, now, onOutbox() {} }, async () => ({ state: 'done' as const }));
    await turn({ args: { from: '2026-11-10', to: '2026-11-10' } } as unknown as Job);
    assert.deepEqual(await reported(site), [
      '2026-11-02 google / cpc / Brand 1000 cad?',
      '2026-11-12 google / cpc / Brand 751 usd',
    ]);
    await records.sites.update(site.id, { currency: 'cad' });
    await turn({ args: { site: site.id } } as unknown as Job);
    assert.deepEqual(await reported(site), [
      '2026-11-02 google / cpc / Brand 1000 cad',
      '2026-11-12 google / cpc / Brand 1001 cad',
    ]);
    const [campaign] = await records.spend.campaigns(site.id, { from: '2026-11-01', to: '2026-11-30' });
    assert.deepEqual(
      [campaign?.amountMinor, campaign?.clicks, campaign?.unconvertedDays, campaign?.to],
      [20_01, 10, 0, '2026-11-12'],
    );
  });

  test('a campaign stands where a person says, by its own word before its platform’s', async () => {
    const site = await addSite(records);
    const alias = (campaignKey: string, tags: Partial<{ source: string; medium: string; campaign: string }>) =>
      setSpendAlias({ records, now }, site.id, {
        platform: 'google_ads',
        campaignKey,
        source: '',
        medium: '',
        campaign: '',
        ...tags,
      });
    await load(site, google(['2026-11-02,Brand,1,A,USD,1.00,5', '2026-11-02,Shoes,2,A,USD,2.00,5']));
    await alias('', { medium: 'ppc', campaign: 'g-{id}' });
    assert.deepEqual(await reported(site), [
      '2026-11-02 google / ppc / g-1 100 usd',
      '2026-11-02 google / ppc / g-2 200 usd',
    ]);
    await alias('2', { source: 'adwords', campaign: 'winter' });
    await alias('Brand', { campaign: '(none)' });
    assert.deepEqual(await reported(site), [
      '2026-11-02 adwords / ppc / winter 200 usd',
      '2026-11-02 google / ppc /  100 usd',
    ]);
    // Later imports know it.
    await load(site, google(['2026-11-03,Shoes,2,A,USD,3.00,5']));
    assert.equal((await reported(site)).at(-1), '2026-11-03 adwords / ppc / winter 300 usd');
    await alias('2', {});
    await alias('Brand', {});
    await alias('', {});
    assert.deepEqual([(await reported(site)).length, await records.spend.aliases(site.id)], [3, []]);
    await assert.rejects(alias('', { campaign: 'all of it' }), /use \{name\} or \{id\}/);
  });

  test('an import that stopped half-way counts for nothing; one that was not settled is settled by its job', async () => {
    const site = await addSite(records);
    const summary = { from: '2026-11-02', to: '2026-11-02', lines: 1, campaigns: 1, rejected: 0, totals: [] };
    const row = { site: site.id, name: 'x', platform: 'own' as const, summary };
    const begun = await records.spend.addImport(row, NOW);
    const line = {
      day: '2026-11-02',
      platform: 'own' as const,
      account: '',
      campaignId: '',
      campaign: 'c',
      source: 's',
      medium: 'm',
      currency: 'usd',
      amountMinor: 7,
      clicks: null,
      impressions: null,
    };
    await records.spend.addLines(site.id, begun.seq, [{ day: line.day, key: 'k', line }]);
    await settleImport(records, { site: site.id, seq: begun.seq });
    assert.deepEqual([await reported(site), await records.spend.imports(site.id, 10)], [[], []]);
    await records.spend.moveImport(site.id, begun.id, 'staging', 'done');
    const job = await records.jobs.add(SPEND_JOB, { site: site.id, import: begun.seq }, NOW);
    const claimed = await records.jobs.claim('me', NOW, 60_000, { id: job.id });
    assert.deepEqual(await spendTurn({ records, now, onOutbox() {} })(claimed!), { state: 'done' });
    assert.deepEqual(await reported(site), ['2026-11-02 s / m / c 7 usd']);
    const lost = await records.spend.addImport(row, NOW - 7_200_000);
    await records.spend.addLines(site.id, lost.seq, [{ day: line.day, key: 'k', line: { ...line, amountMinor: 9 } }]);
    await records.spend.dropStaging(site.id, NOW - 3_600_000);
    assert.equal(await records.spend.getImport(site.id, lost.id), null);
    assert.deepEqual(await records.spend.importPlaces(site.id, lost.seq, null, 10), []);
  });

  test('more lines than a page and a statement hold, in one import and undone again', async () => {
    const site = await addSite(records);
    const lines = Array.from(
      { length: 2_345 },
      (_, index) =>
        `2026-11-0${1 + (index % 9)},C${Math.floor(index / 9)},${index % 2 ? '' : `i${Math.floor(index / 9)}`},A,USD,0.01,1`,
    );
    const answer = await load(site, google(lines));
    assert.equal(
      answer.totals[0]!.amount,
      (await records.spend.campaigns(site.id, {})).reduce((sum, one) => sum + one.amountMinor, 0),
    );
    assert.equal((await reported(site)).length, answer.lines);
    await undoSpend({ records, now }, site.id, answer.import!);
    assert.deepEqual([await reported(site), await records.spend.standingPlaces(site.id, {}, null, 10)], [[], []]);
  });

  test('whatever is imported and undone in whatever order, the latest import that stands is what counts', async () => {
    const act = fc.oneof(
      fc.record({
        day: fc.integer({ min: 1, max: 3 }),
        campaign: fc.constantFrom('a', 'b'),
        cents: fc.dictionary(fc.constantFrom('usd', 'eur'), fc.integer({ min: 0, max: 50 }), { minKeys: 1 }),
      }),
      fc.record({ undo: fc.nat(5) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 8 }), async (acts) => {
        const site = await addSite(records);
        type Cents = Record<string, number>;
        const done: { id: string; day: number; campaign: string; cents: Cents; isUndone: boolean }[] = [];
        for (const one of acts) {
          if ('undo' in one) {
            const it = done[one.undo];
            if (!it) continue;
            await undoSpend({ records, now }, site.id, it.id);
            it.isUndone = true;
            continue;
          }
          const day = { date: `2026-11-0${one.day}`, source: 's', medium: 'm', campaign: one.campaign };
          const rows = Object.entries(one.cents).map(([currency, amount]) => ({ ...day, currency, amount }));
          const answer = await importSpend({ records, now }, site, { kind: 'rows', name: 'API', rows }, ONCE);
          if (answer.import !== null) done.push({ ...one, id: answer.import, isUndone: false });
        }
        const latest = new Map(
          done.filter((it) => !it.isUndone).map((it) => [`2026-11-0${it.day} s / m / ${it.campaign}`, it.cents]),
        );
        const stands = [...latest].flatMap(([place, cents]) =>
          Object.entries(cents).map(([code, amount]) => `${place} ${amount} ${code}${code === 'usd' ? '' : '?'}`),
        );
        assert.deepEqual(await reported(site), stands.sort());
        await settleStanding(records, site.id, {});
        assert.deepEqual(await facts(), []);
      }),
      { numRuns: stores.engine === 'SQLite' ? 30 : 8 },
    );
  });
});
