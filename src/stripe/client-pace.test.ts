import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProviderUnavailable } from '../payments/provider.ts';
import { createPace as createPaceBy } from './client-pace.ts';

const now = () => performance.now();
/** When the last turn was given, whatever this process did between that and whoever had waited for it. */
let givenAt = 0;
const createPace = () => createPaceBy(() => (givenAt = now()));

/** When each of so many requests left, in milliseconds. */
async function sendAll(pace: ReturnType<typeof createPace>, count: number, endpoint = 'charges', key = 'sk_test_1') {
  const sent: number[] = [];
  const send = async () => {
    await pace.turn(key, endpoint);
    sent.push(givenAt);
  };
  await Promise.all(Array.from({ length: count }, send));
  return sent;
}

/** The most that left within one second. */
function mostInASecond(sent: readonly number[]): number {
  return Math.max(...sent.map((from) => sent.filter((at) => at >= from && at < from + 1_000).length));
}

test('a sandbox key sends 24 a second and never more, over all endpoints together', async () => {
  const pace = createPace();
  const sent = await Promise.all([sendAll(pace, 30, 'charges'), sendAll(pace, 20, 'refunds')]);
  assert.equal(mostInASecond(sent.flat()), 24);
});

test('a live key sends up to 24 a second to one endpoint, and more over several', async () => {
  const pace = createPace();
  const key = 'rk_live_1';
  const [charges, refunds] = await Promise.all([sendAll(pace, 30, 'charges', key), sendAll(pace, 30, 'refunds', key)]);
  const most = mostInASecond(charges!);
  assert.ok(most >= 20 && most <= 24, String(most));
  assert.ok(mostInASecond([...charges!, ...refunds!]) > 24);
});

test('a refusal slows down what it names, once for all that were on their way', async () => {
  const pace = createPace();
  const key = 'rk_live_1';
  for (let refused = 0; refused < 8; refused += 1) pace.slowDown(key, 'charges', 'endpoint');
  assert.equal(mostInASecond(await sendAll(pace, 18, 'charges', key)), 15, 'a quarter less than 20');
  const others = mostInASecond(await sendAll(pace, 24, 'refunds', key));
  assert.ok(others >= 20, String(others));
  pace.slowDown(key, 'charges', 'account');
  // The account's 60 or more became 45 or more, which the endpoint's 15 do not reach.
  assert.equal(mostInASecond(await sendAll(pace, 18, 'charges', key)), 15);
});

test('a pause holds every endpoint, also those that were waiting for their turn; a long one is the caller’s', async () => {
  const pace = createPace();
  await sendAll(pace, 24);
  const waiting = sendAll(pace, 1);
  const pausedAt = now();
  pace.pause('sk_test_1', 1_500);
  const [[charges], [refunds]] = await Promise.all([waiting, sendAll(pace, 1, 'refunds')]);
  assert.ok(charges! - pausedAt >= 1_499 && refunds! - pausedAt >= 1_499);
  assert.equal((await sendAll(pace, 1, 'charges', 'sk_test_2')).length, 1, 'another key is not held');
  pace.pause('sk_test_1', 60_000);
  await assert.rejects(pace.turn('sk_test_1', 'charges'), (error: unknown) => {
    return error instanceof ProviderUnavailable && error.retryAfterMs! > 59_000;
  });
});

test('what left without waiting for its turn takes a place of the second', async () => {
  const pace = createPace();
  const key = 'sk_test_1';
  const sent: number[] = [];
  for (let asked = 0; asked < 10; asked += 1) {
    pace.sent(key);
    sent.push(now());
  }
  const turns = Array.from({ length: 20 }, async () => {
    await pace.turn(key, 'charges');
    sent.push(givenAt);
  });
  await Promise.all(turns);
  assert.equal(mostInASecond(sent), 24);
});
