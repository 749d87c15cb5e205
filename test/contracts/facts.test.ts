import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { assert as property, asyncProperty, constantFrom, dictionary, oneof, string } from 'fast-check';
import { firstOf, lastOf } from '../../src/storage/facts/ranked.ts';
import { ENGINES, type OpenStore } from './facts-engines.ts';
import { creditOf, DAY, eventOf, MINUTE, NOON, touchpointOf } from './facts-samples.ts';

for (const engine of ENGINES) {
  describe(`facts store: ${engine.name}`, () => {
    let store: OpenStore;
    before(async () => {
      store = await engine.open();
      await store.facts.migrate();
    });
    after(() => store.close());

    const count = async (table: string, where = '1') => {
      const [row] = await store.client.query<{ n: number }>(`SELECT count() AS n FROM ${table} WHERE ${where}`);
      return row!.n;
    };

    test('migrating again changes nothing and keeps the rows', async () => {
      await store.facts.insertEvents([eventOf({ site: 'migrated' })], 'migrated-1');
      const before = await count('schema_migrations');
      await store.facts.migrate();
      assert.equal(await count('schema_migrations'), before);
      assert.equal(await count('events', "site = 'migrated'"), 1);
    });

    test('a migration interrupted half-way is run again', async () => {
      const { client } = store;
      await client.command('DROP TABLE IF EXISTS credits');
      await client.command('ALTER TABLE schema_migrations DELETE WHERE version >= 4 SETTINGS mutations_sync = 1');
      await store.facts.migrate();
      assert.equal(await count('credits'), 0);
    });

    test('a repeated token counts once, in the table and in every view', async () => {
      const site = 'repeated';
      const events = [1, 2, 3].map((n) =>
        eventOf({ site, visitor: 'v1', session: 'se1', occurredAt: NOON + n * MINUTE, path: `/${n}` }),
      );
      await store.facts.insertEvents(events, 'repeated-1');
      await store.facts.insertEvents([eventOf({ site, visitor: 'v2', session: 'se2' })], 'repeated-2');
      await store.facts.insertEvents(events, 'repeated-1');
      await store.facts.insertEvents(events, 'repeated-1');
      assert.equal(await count('events', `site = '${site}'`), 4);
      const sessions = await store.client.query(
        'SELECT session, toUInt32(sum(pageviews)) AS views FROM sessions WHERE site = {site:String} GROUP BY session ORDER BY session',
        { site },
      );
      assert.deepEqual(sessions, [
        { session: 'se1', views: 3 },
        { session: 'se2', views: 1 },
      ]);
      const ids = events.map(({ id }) => ({ site, id }));
      assert.equal((await store.facts.knownEventIds(ids, NOON - DAY)).size, 3);
      assert.equal(
        await count(
          'event_ids',
          `key IN (SELECT toFixedString(substring(SHA1(concat(site, '\\0', id)), 1, 16), 16) FROM events WHERE site = '${site}')`,
        ),
        4,
      );
    });

    test('a large batch, repeated, counts once', async () => {
      const site = 'large';
      const events = Array.from({ length: 21_000 }, (_, n) =>
        eventOf({
          site,
          visitor: `v${n % 700}`,
          session: `se${n % 700}`,
          occurredAt: NOON - (n % 60) * DAY,
          receivedAt: NOON,
        }),
      );
      await store.facts.insertEvents(events, 'large-1');
      await store.facts.insertEvents(events, 'large-1');
      assert.equal(await count('events', `site = '${site}'`), 21_000);
      const [sum] = await store.client.query(
        'SELECT toUInt32(sum(events)) AS n FROM sessions WHERE site = {site:String}',
        {
          site,
        },
      );
      assert.deepEqual(sum, { n: 21_000 });
    });

    test('a token names its exact rows: with other rows it is silently eaten', async () => {
      const site = 'eaten';
      await store.facts.insertEvents([eventOf({ site })], 'eaten-1');
      await store.facts.insertEvents([eventOf({ site }), eventOf({ site })], 'eaten-1');
      assert.equal(await count('events', `site = '${site}'`), 1);
    });

    test('a token given once does not touch later inserts, nor do other settings', async () => {
      const site = 'leak';
      const row = eventOf({ site });
      await store.facts.insertEvents([row], 'leak-1');
      for (const token of ['leak-2', 'leak-3']) await store.facts.insertEvents([row], token);
      assert.equal(await count('events', `site = '${site}'`), 3);
      await store.client.read('SELECT 1');
      await store.client.query(
        'SELECT 1 SETTINGS max_threads = 1, insert_deduplication_token = {x:String}'.replace('{x:String}', "'y'"),
      );
      const seen = await Promise.all(
        Array.from({ length: 12 }, () =>
          store.client.query<{ token: string; readonly: string }>(
            "SELECT getSetting('insert_deduplication_token') AS token, toString(getSetting('readonly')) AS readonly",
          ),
        ),
      );
      for (const [row] of seen) assert.deepEqual(row, { token: '', readonly: '0' });
    });

    test('known event ids: per site, since a time, by the thousand', async () => {
      const known = eventOf({ site: 'ids', receivedAt: NOON });
      await store.facts.insertEvents([known], 'ids-1');
      const strangers = Array.from({ length: 6_000 }, (_, n) => ({ site: 'ids', id: `stranger-${n}` }));
      const asked = [...strangers, { site: 'ids', id: known.id }, { site: 'other', id: known.id }];
      assert.deepEqual(await store.facts.knownEventIds(asked, NOON - DAY), new Set([`ids\0${known.id}`]));
      assert.deepEqual(await store.facts.knownEventIds(asked.slice(-2), NOON + DAY), new Set());
      assert.deepEqual(await store.facts.knownEventIds([], 0), new Set());
    });

    test('what was sent comes back as it was, whatever it is', async () => {
      const texts = string({
        unit: oneof(constantFrom("'", '"', '\\', '\n', '\t', '\r', '\0', '{', '`', 'ü', '💧'), string()),
      });
      let run = 0;
      await property(
        asyncProperty(
          texts,
          texts,
          dictionary(texts, texts, { maxKeys: 4, noNullPrototype: true }),
          async (path, id, props) => {
            const site = `hostile-${run}`;
            run += 1;
            const event = eventOf({ site, id, path, props, title: id, visitor: path, session: 'se' });
            await store.facts.insertEvents([event], `hostile-${run}`);
            const [row] = await store.client.read(
              'SELECT id, path, props FROM events WHERE site = {site:String} AND path = {path:String}',
              {
                site,
                path,
              },
            );
            assert.deepEqual({ ...(row as object) }, { id, path, props });
            assert.equal((await store.facts.knownEventIds([{ site, id }], 0)).size, 1);
            const found = await store.facts.touchpoints(site, [path, `${path}'`]);
            assert.deepEqual(
              found.map(({ landingPage }) => landingPage),
              path === '' ? [] : [path],
            );
          },
        ),
        { numRuns: 25 },
      );
    });

    test('half a surrogate pair does not sink the batch', async () => {
      const site = 'surrogates';
      const broken = { title: 'a\ud800b', props: { '\ud800': '\udc00' } };
      await store.facts.insertEvents([eventOf({ site, ...broken }), eventOf({ site })], 'surrogates-1');
      const rows = await store.client.read(
        'SELECT title, props FROM events WHERE site = {site:String} ORDER BY title',
        { site },
      );
      assert.deepEqual(rows, [
        { title: '', props: {} },
        { title: 'a\ufffdb', props: { '\ufffd': '\ufffd' } },
      ]);
    });

    test('a session takes its acquisition from its first event, in any order of arrival', async () => {
      const site = 'order';
      const hit = { site, visitor: 'v1', session: 'se1' };
      const first = eventOf({
        ...hit,
        occurredAt: NOON,
        path: '/landing',
        source: 'google',
        medium: 'cpc',
        campaign: 'spring',
        clickId: 'g1',
      });
      const second = eventOf({ ...hit, occurredAt: NOON + MINUTE, path: '/pricing', source: 'late' });
      const third = eventOf({ ...hit, occurredAt: NOON + 2 * MINUTE, name: 'signup', path: '/done' });
      await store.facts.insertEvents([third], 'order-1');
      await store.facts.insertEvents([second], 'order-2');
      await store.facts.insertEvents([first], 'order-3');
      assert.deepEqual(await store.facts.sessionsBetween([{ site, visitor: 'v1' }], NOON, NOON + MINUTE), [
        {
          site,
          visitor: 'v1',
          session: 'se1',
          firstAt: NOON,
          lastAt: NOON + 2 * MINUTE,
          source: 'google',
          medium: 'cpc',
          campaign: 'spring',
          clickId: 'g1',
        },
      ]);
      const [pages] = await store.client.query(
        `SELECT ${firstOf('landing_page')} AS landing, ${lastOf('exit_page')} AS exit, toUInt32(sum(pageviews)) AS views,
         toUInt32(sum(events)) AS events FROM sessions WHERE site = {site:String}`,
        { site },
      );
      assert.deepEqual(pages, { landing: '/landing', exit: '/pricing', views: 2, events: 3 });
      const [touchpoint] = await store.facts.touchpoints(site, ['v1']);
      assert.deepEqual(
        touchpoint,
        touchpointOf({
          visitor: 'v1',
          session: 'se1',
          occurredAt: NOON,
          receivedAt: NOON + 40,
          source: 'google',
          medium: 'cpc',
          campaign: 'spring',
          clickId: 'g1',
          landingPage: '/landing',
        }),
      );
    });

    test('of hits of the same millisecond one gives the session all of its tags, and one that came from somewhere', async () => {
      const site = 'ties';
      const hit = { site, visitor: 'v1', session: 'se1', occurredAt: NOON, receivedAt: NOON };
      const tagged = [
        { source: 'a', medium: 'z', campaign: 'a' },
        { source: 'z', medium: 'a', campaign: 'z' },
      ];
      await store.facts.insertEvents(
        [eventOf({ ...hit, name: 'signup' }), eventOf({ ...hit, ...tagged[0] })],
        'ties-1',
      );
      await store.facts.insertEvents(
        [eventOf({ ...hit, ...tagged[1] }), eventOf({ ...hit, name: 'signup' })],
        'ties-2',
      );
      const [session] = await store.facts.sessionsBetween([{ site, visitor: 'v1' }], NOON, NOON);
      const [touchpoint] = await store.facts.touchpoints(site, ['v1']);
      for (const found of [session!, touchpoint!]) {
        const { source, medium, campaign } = found;
        assert.ok(
          tagged.some((tags) => isDeepStrictEqual(tags, { source, medium, campaign })),
          `${source} / ${medium} / ${campaign} are of no single hit`,
        );
      }
    });

    test('a session over midnight is one session', async () => {
      const site = 'midnight';
      const midnight = NOON - DAY / 2;
      const hit = { site, visitor: 'v1', session: 'se1' };
      await store.facts.insertEvents(
        [
          eventOf({ ...hit, occurredAt: midnight - MINUTE, source: 'news' }),
          eventOf({ ...hit, occurredAt: midnight + MINUTE }),
        ],
        'midnight-1',
      );
      for (const [from, to] of [
        [midnight, midnight + DAY],
        [midnight - DAY, midnight - 1],
      ] as const) {
        const [session] = await store.facts.sessionsBetween([{ site, visitor: 'v1' }], from, to);
        assert.equal(session?.firstAt, midnight - MINUTE);
        assert.equal(session.lastAt, midnight + MINUTE);
        assert.equal(session.source, 'news');
      }
      assert.deepEqual(
        await store.facts.sessionsBetween([{ site, visitor: 'v1' }], midnight + 2 * MINUTE, midnight + DAY),
        [],
      );
      assert.equal((await store.facts.touchpoints(site, ['v1'])).length, 1);
    });

    test('touchpoints: in time order, ties by arrival; no bots, no hits without identity, no other site', async () => {
      const site = 'paths';
      const at = (session: string, occurredAt: number, receivedAt: number, more = {}) =>
        eventOf({ site, visitor: 'v1', session, occurredAt, receivedAt, ...more });
      await store.facts.insertEvents(
        [
          at('third', NOON + MINUTE, NOON + MINUTE),
          at('second', NOON, NOON + 200),
          at('first', NOON, NOON + 100),
          at('robot', NOON - MINUTE, NOON, { bot: 'webdriver' }),
          eventOf({ site }),
          eventOf({ site: 'elsewhere', visitor: 'v1', session: 'x' }),
          eventOf({ site, visitor: 'v2', session: 'zero', occurredAt: NOON - DAY }),
        ],
        'paths-1',
      );
      const path = await store.facts.touchpoints(site, ['v1', 'v2', 'v1', 'never-seen']);
      assert.deepEqual(
        path.map(({ session }) => session),
        ['zero', 'first', 'second', 'third'],
      );
      assert.deepEqual(await store.facts.touchpoints(site, []), []);
      assert.deepEqual(
        await store.facts.visitorsOfSessions(site, ['second', 'zero', 'x', 'robot']),
        new Map([
          ['second', 'v1'],
          ['zero', 'v2'],
        ]),
      );
    });

    test('the last hit of a site', async () => {
      assert.equal(await store.facts.lastHit('silent'), null);
      const long = Date.UTC(2020, 0, 1);
      await store.facts.insertEvents([eventOf({ site: 'seen', occurredAt: long, url: 'https://a.test/' })], 'seen-1');
      assert.deepEqual(await store.facts.lastHit('seen'), { occurredAt: long, url: 'https://a.test/' });
      const now = Date.now();
      await store.facts.insertEvents([eventOf({ site: 'seen', occurredAt: now, url: 'https://b.test/' })], 'seen-2');
      assert.deepEqual(await store.facts.lastHit('seen'), { occurredAt: now, url: 'https://b.test/' });
    });

    test('credits: labels, whole amounts once per entry, restated by sign, exact per token', async () => {
      const { facts, client } = store;
      const half = {
        first_touch: 0,
        last_touch: 1000,
        last_non_direct: 0,
        linear: 500,
        position_based: 500,
        time_decay: 501,
        custom: 500,
      };
      const other = {
        first_touch: 1000,
        last_touch: 0,
        last_non_direct: 1000,
        linear: 500,
        position_based: 500,
        time_decay: 499,
        custom: 500,
      };
      const google = touchpointOf({
        visitor: 'v1',
        source: 'google',
        medium: 'cpc',
        channel: 'Paid Search',
        occurredAt: NOON - DAY,
      });
      const rows = [
        creditOf({ paymentId: 'ch_1', amountMinor: 1000, touchpoint: google, amounts: other }),
        creditOf({
          paymentId: 'ch_1',
          amountMinor: 1000,
          touchpoint: touchpointOf({ visitor: 'v1' }),
          position: 1,
          amounts: half,
        }),
        creditOf({ paymentId: 'ch_2', amountMinor: 700, position: -1, reason: 'no_visitor_id' }),
      ];
      await facts.insertCredits(rows, 'credits-1');
      await facts.insertCredits(rows, 'credits-1');
      const bySource = () =>
        client.read(
          `SELECT source, medium, channel, toInt32(sum(amount * sign)) AS amount, toInt32(sum(linear * sign)) AS linear,
           toInt32(sum(time_decay * sign)) AS decay, any(reason) AS reason
           FROM credits WHERE site = {site:String} GROUP BY source, medium, channel ORDER BY source`,
          { site: 's1' },
        );
      assert.deepEqual(await bySource(), [
        { source: '(direct)', medium: '(none)', channel: 'Direct', amount: 0, linear: 500, decay: 501, reason: '' },
        {
          source: '(unattributed)',
          medium: '(unattributed)',
          channel: '(unattributed)',
          amount: 700,
          linear: 700,
          decay: 700,
          reason: 'no_visitor_id',
        },
        { source: 'google', medium: 'cpc', channel: 'Paid Search', amount: 1000, linear: 500, decay: 499, reason: '' },
      ]);
      const restated = [
        ...rows.slice(0, 2).map((row) => ({ ...row, sign: -1 as const })),
        creditOf({ paymentId: 'ch_1', amountMinor: 1000, touchpoint: google }),
      ];
      await facts.insertCredits(restated, 'credits-2');
      const [direct, , paid] = (await bySource()) as { amount: number; linear: number }[];
      assert.deepEqual([direct?.linear, paid?.linear, paid?.amount], [0, 1000, 1000]);
      assert.equal(await count('credits'), 6);
    });
  });
}
