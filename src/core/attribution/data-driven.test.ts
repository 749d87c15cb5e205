import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { MAX_CHANNELS, MIN_CONVERSIONS } from './data-driven.ts';
import type { ChannelPath, DataDrivenShares, Refusal } from './data-driven.ts';
import { DATA_DRIVEN_PATHS } from './examples.fixture.ts';
import { markov, MAX_STATES } from './markov.ts';
import type { MarkovOptions, MarkovOrder } from './markov.ts';
import { drawCount, seededRandom } from './resample.ts';
import { shapley } from './shapley.ts';

/** 'A > B' */
function path(text: string, conversions: number, nulls = 0, valueMinor = conversions * 1000): ChannelPath {
  return { channels: text === '' ? [] : text.split(' > '), conversions, nulls, valueMinor };
}

function solved(answer: DataDrivenShares | Refusal): DataDrivenShares {
  if ('refused' in answer) assert.fail(answer.message);
  return answer;
}

const byChannel = (answer: DataDrivenShares | Refusal, field: 'effect' | 'share' = 'effect') =>
  Object.fromEntries(solved(answer).channels.map((one) => [one.channel, one[field]]));

const close = (a: number, b: number, within = 1e-9) => assert.ok(Math.abs(a - b) < within, `${a} is not ${b}`);
const free = { minConversions: 0 };

const NAMES = ['A', 'B', 'C', 'D', 'E'];
const anyPath = fc.record({
  channels: fc.array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 7 }),
  conversions: fc.integer({ min: 0, max: 5 }),
  nulls: fc.integer({ min: 0, max: 20 }),
  valueMinor: fc.integer({ min: 0, max: 100_000 }),
});
/** At least one that pays, and something for it. */
const anyPaths = fc
  .tuple(anyPath, fc.array(anyPath, { maxLength: 12 }))
  .map(([first, others]) => [{ ...first, conversions: 1, valueMinor: 7 }, ...others]);

describe('markov', () => {
  test('the removal effects of the six paths, and their credits of three conversions', () => {
    const answer = markov(DATA_DRIVEN_PATHS, free);
    const effects = byChannel(answer);
    close(effects.A!, 5 / 12, 1e-15);
    close(effects.B!, 1 / 2, 1e-15);
    assert.equal(effects.C, 1);
    const credits = Object.entries(byChannel(answer, 'share')).map(([name, share]) => [name, (share * 3).toFixed(6)]);
    assert.deepEqual(credits, [
      ['C', '1.565217'],
      ['B', '0.782609'],
      ['A', '0.652174'],
    ]);
  });

  test('one channel is all there is; a channel that never helps gets exactly nothing', () => {
    assert.deepEqual(byChannel(markov([path('A', 3, 9)], free)), { A: 1 });
    assert.deepEqual(byChannel(markov([path('A', 3, 9), path('B', 0, 9)], free)), { A: 1, B: 0 });
  });

  test('a higher order tells apart what the last channel alone does not', () => {
    // B converts after A and never otherwise.
    const paths = [path('A > B', 10), path('C > B', 0, 10)];
    assert.deepEqual(byChannel(markov(paths, { ...free, order: 1 })), { A: 0.5, B: 1, C: 0.5 });
    assert.deepEqual(byChannel(markov(paths, { ...free, order: 2 })), { A: 1, B: 1, C: 0 });
  });

  test('a repeat changes nothing in order 1: where a visitor goes next is asked of those who go on', () => {
    const once = byChannel(markov([path('A > B', 5, 5), path('B', 5, 20)], free));
    assert.deepEqual(byChannel(markov([path('A > A > A > B', 5, 5), path('B > B', 5, 20)], free)), once);
  });

  test('equals removal by brute force, for orders 1 to 3', () => {
    fc.assert(
      fc.property(anyPaths, fc.constantFrom<MarkovOrder>(1, 2, 3), (paths, order) => {
        const effects = byChannel(markov(paths, { ...free, order }));
        const whole = conversionRate(paths, order, null);
        for (const [channel, effect] of Object.entries(effects)) {
          close(effect, 1 - conversionRate(paths, order, channel) / whole);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('a path of 10,000 touches, going round and round, is solved to the last digits', () => {
    const channels = Array.from({ length: 10_000 }, (_, index) => NAMES[index % 3]!);
    const effects = byChannel(markov([{ channels, conversions: 1, nulls: 1, valueMinor: 1 }, path('D', 1, 1)], free));
    // Half of the walks take the round. A stands in all of them; of its 3,334 visitors one leaves before B, and so C.
    for (const [name, effect] of [
      ['A', 0.5],
      ['B', 0.5 * (1 - 1 / 3_334)],
      ['C', 0.5 * (1 - 1 / 3_334)],
      ['D', 0.5],
    ] as const) {
      close(effects[name]!, effect, 1e-12);
    }
  });
});

/** P(conversion) by powers of the transition matrix, ways into the removed channel leading to nothing. */
function conversionRate(paths: readonly ChannelPath[], order: number, removed: string | null): number {
  const rows = new Map<string, Map<string, number>>();
  const count = (from: string, to: string, times: number) => {
    const row = rows.get(from) ?? new Map<string, number>();
    rows.set(from, row.set(to, (row.get(to) ?? 0) + times));
  };
  for (const { channels, conversions, nulls } of paths) {
    let from = '';
    for (const [index, channel] of channels.entries()) {
      const state = channels.slice(Math.max(0, index + 1 - order), index + 1).join('>');
      count(from, channel === removed ? '(null)' : state, conversions + nulls);
      from = state;
    }
    count(from, '(conversion)', conversions);
    count(from, '(null)', nulls);
  }
  let standing = new Map([['', 1]]);
  let converted = 0;
  for (let step = 0; step < 100_000; step += 1) {
    const next = new Map<string, number>();
    for (const [state, probability] of standing) {
      const row = rows.get(state)!;
      const total = [...row.values()].reduce((sum, times) => sum + times, 0);
      for (const [to, times] of total === 0 ? [] : row) {
        const part = (probability * times) / total;
        if (to === '(conversion)') converted += part;
        else if (to !== '(null)') next.set(to, (next.get(to) ?? 0) + part);
      }
    }
    standing = next;
    if ([...standing.values()].reduce((sum, part) => sum + part, 0) < 1e-14) break;
  }
  return converted;
}

describe('shapley', () => {
  test('each payment of the six paths is shared equally by the channels of its path', () => {
    const parts = byChannel(shapley(DATA_DRIVEN_PATHS, free));
    close(parts.A!, 100_00 / 3 + 100_00 / 2, 1e-6);
    close(parts.B!, 100_00 / 3 + 100_00 / 2, 1e-6);
    close(parts.C!, 100_00 / 3 + 100_00 / 2 + 100_00 / 2, 1e-6);
  });

  test('equals the sum over all coalitions', () => {
    fc.assert(
      fc.property(anyPaths, (paths) => {
        const shares = byChannel(shapley(paths, free));
        const players = Object.keys(shares);
        for (const player of players) close(shares[player]!, byCoalitions(paths, player, players), 1e-6);
      }),
    );
  });

  test('symmetry: channels that can be exchanged get the same; names change nothing', () => {
    fc.assert(
      fc.property(anyPaths, (paths) => {
        const swap = (name: string) => (name === 'A' ? 'B' : name === 'B' ? 'A' : name);
        const swapped = paths.map((one) => ({ ...one, channels: one.channels.map(swap) }));
        const [shares, other] = [weightsByChannel(paths), weightsByChannel(swapped)];
        for (const [name, weight] of Object.entries(shares)) assert.equal(other[swap(name)], weight);
        const both = weightsByChannel([...paths, ...swapped]);
        assert.equal(both.A, both.B);
      }),
    );
  });

  test('efficiency: the parts add up to the value; dummy: a channel without a paying path gets 0', () => {
    fc.assert(
      fc.property(anyPaths, (paths) => {
        const { channels } = solved(shapley([...paths, path('Z', 0, 3), path('A > Z', 0, 2)], free));
        const value = paths.reduce((sum, one) => sum + (one.conversions + one.nulls > 0 ? one.valueMinor : 0), 0);
        close(channels.reduce((sum, one) => sum + one.effect, 0), value, 1e-6); // prettier-ignore
        assert.equal(channels.find((one) => one.channel === 'Z')!.weight, 0n);
      }),
    );
  });

  test('additivity: of two selections together each channel gets what it gets of both', () => {
    fc.assert(
      fc.property(anyPaths, anyPaths, (some, others) => {
        const [a, b, both] = [some, others, [...some, ...others]].map(weightsByChannel);
        for (const [name, weight] of Object.entries(both!)) assert.equal(weight, (a![name] ?? 0n) + (b![name] ?? 0n));
      }),
    );
  });
});

const weightsByChannel = (paths: readonly ChannelPath[]): Record<string, bigint | undefined> =>
  Object.fromEntries(solved(shapley(paths, free)).channels.map((one) => [one.channel, one.weight]));

/** Σ over coalitions S without the player: |S|! (n − |S| − 1)! ÷ n! × (v(S with it) − v(S)). */
function byCoalitions(paths: readonly ChannelPath[], player: string, players: readonly string[]): number {
  const worth = (members: readonly string[]) =>
    paths
      .filter((one) => one.conversions + one.nulls > 0 && one.channels.every((channel) => members.includes(channel)))
      .reduce((sum, one) => sum + one.valueMinor, 0);
  const factorial = (count: number): number => (count <= 1 ? 1 : count * factorial(count - 1));
  const others = players.filter((name) => name !== player);
  let value = 0;
  for (let set = 0; set < 2 ** others.length; set += 1) {
    const members = others.filter((_, index) => (set >> index) & 1);
    const orders = factorial(members.length) * factorial(players.length - members.length - 1);
    value += (orders / factorial(players.length)) * (worth([...members, player]) - worth(members));
  }
  return value;
}

const MODELS = { markov, shapley } as Record<
  string,
  (paths: ChannelPath[], options: MarkovOptions) => ReturnType<typeof markov>
>;
for (const [name, model] of Object.entries(MODELS)) {
  describe(`${name}, both models alike`, () => {
    const refused = (answer: DataDrivenShares | Refusal) => ('refused' in answer ? answer.refused : 'answered');

    test(`refuses fewer than ${MIN_CONVERSIONS} conversions, and paths without any`, () => {
      assert.equal(refused(model([path('A > B', MIN_CONVERSIONS - 1, 9_999)], {})), 'too_few_conversions');
      assert.equal(refused(model([path('A > B', MIN_CONVERSIONS)], {})), 'answered');
      assert.equal(refused(model([], {})), 'too_few_conversions');
      assert.equal(refused(model([path('A', 0, 5)], free)), 'nothing_to_share');
      assert.equal(refused(model([path('', 5, 5)], free)), 'nothing_to_share');
    });

    test(`takes ${MAX_CHANNELS} channels, and refuses more`, () => {
      const paths = (count: number) => Array.from({ length: count }, (_, index) => path(`c${index} > c0`, 10));
      assert.equal(refused(model(paths(MAX_CHANNELS), {})), 'answered');
      assert.equal(refused(model(paths(MAX_CHANNELS + 1), {})), 'too_many_channels');
    });

    test('shares add up to 1, lie in their intervals, and depend on neither the order nor the grouping of paths', () => {
      fc.assert(
        fc.property(anyPaths, fc.integer(), (paths, seed) => {
          const ask = (given: ChannelPath[]) => solved(model(given, { ...free, random: seededRandom(seed) }));
          const answer = ask(paths);
          close(answer.channels.reduce((sum, one) => sum + one.share, 0), 1); // prettier-ignore
          for (const { share, interval } of answer.channels) {
            assert.ok(share >= 0);
            if (interval) assert.ok(interval.low <= share && share <= interval.high);
          }
          assert.deepEqual(ask(paths.toReversed()), answer);
          const apart = paths.flatMap((one) =>
            one.conversions === 0
              ? [one]
              : [
                  { ...one, nulls: 0 },
                  { ...one, conversions: 0, valueMinor: 0 },
                ],
          );
          assert.deepEqual(ask(apart), answer);
        }),
        { numRuns: 20 },
      );
    });

    test('intervals hold the truth about nine times in ten, and get narrower with volume', () => {
      const truth = [path('A > B', 600, 2_000), path('B > C', 300, 3_000), path('C', 300, 9_000)];
      const random = seededRandom(1);
      const shares = byChannel(model(truth, {}), 'share');
      const drawn = (count: number) => Math.round(drawCount(count / 4, random));
      let held = 0;
      for (let sample = 0; sample < 200; sample += 1) {
        const seen = truth.map((one) => path(one.channels.join(' > '), drawn(one.conversions), drawn(one.nulls)));
        for (const { channel, interval } of solved(model(seen, { random })).channels) {
          if (interval!.low <= shares[channel]! && shares[channel]! <= interval!.high) held += 1;
        }
      }
      assert.ok(held > 0.86 * 600 && held < 0.94 * 600, `${held} of 600`);
      const width = (paths: ChannelPath[]) =>
        solved(model(paths, { random })).channels.map(({ interval }) => interval!.high - interval!.low);
      const many = truth.map((one) => path(one.channels.join(' > '), one.conversions * 100, one.nulls * 100));
      const [wide, narrow] = [width(truth), width(many)];
      for (const [index, one] of wide.entries()) {
        const ratio = one / narrow[index]!;
        assert.ok(ratio > 7 && ratio < 14, `ten times narrower, not ${ratio}`);
      }
    });
  });
}

test(`markov refuses more than ${MAX_STATES} states, and says what to do`, () => {
  const random = seededRandom(3);
  const name = () => `c${Math.floor(random() * 30)}`;
  const paths = Array.from({ length: 3_000 }, () => path(`${name()} > ${name()} > ${name()}`, 1));
  const answer = markov(paths, { order: 3 });
  assert.deepEqual(
    [(answer as Refusal).refused, /lower order/.test((answer as Refusal).message)],
    ['too_many_states', true],
  );
  assert.equal(solved(markov(paths, { order: 2 })).channels.length, 30);
});
