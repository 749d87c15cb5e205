import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createLoop } from './loop.ts';

const log = { info() {}, warn() {}, error() {} };
const until = async (reached: () => boolean) => {
  const deadline = Date.now() + 5_000;
  while (!reached()) {
    assert.ok(Date.now() < deadline, 'did not happen within 5 s');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
};

describe('loop', () => {
  it('goes on at once while there is more, then waits to be woken', async () => {
    let turns = 0;
    const loop = createLoop({ name: 't', intervalMs: 60_000, log, runOnce: async () => ++turns < 3 });
    loop.start();
    await until(() => turns === 3);
    loop.wake();
    await until(() => turns === 4);
    await loop.stop();
  });

  it('does not lose a wake that comes during a turn', async () => {
    let turns = 0;
    const loop = createLoop({
      name: 't',
      intervalMs: 60_000,
      log,
      runOnce: async () => {
        turns += 1;
        if (turns === 1) loop.wake();
        return false;
      },
    });
    loop.start();
    await until(() => turns === 2);
    await loop.stop();
  });

  it('gathers what comes in several pieces after the first', async () => {
    let turns = 0;
    const loop = createLoop({ name: 't', intervalMs: 60_000, gatherMs: 80, log, runOnce: async () => ++turns < 1 });
    loop.start();
    await until(() => turns === 1);
    const wokenAt = performance.now();
    for (const pauseMs of [0, 10, 10, 10]) {
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      loop.wake();
    }
    await until(() => turns === 2);
    assert.ok(performance.now() - wokenAt >= 75);
    await new Promise((resolve) => setTimeout(resolve, 120));
    assert.equal(turns, 2);
    await loop.stop();
  });

  it('goes on after a turn that failed, with a pause that more work does not shorten', async () => {
    let turns = 0;
    const startedAt = Date.now();
    const loop = createLoop({
      name: 't',
      intervalMs: 1,
      log,
      runOnce: async () => {
        turns += 1;
        if (turns === 1) loop.wake();
        if (turns === 1) throw new Error('store is down');
        return false;
      },
    });
    loop.start();
    await until(() => turns >= 2);
    assert.ok(Date.now() - startedAt >= 150);
    await loop.stop();
  });

  it('stop waits for the turn under way', async () => {
    let finished = false;
    const loop = createLoop({
      name: 't',
      intervalMs: 1,
      log,
      runOnce: async () => {
        await new Promise((resolve) => setTimeout(resolve, 30));
        finished = true;
        return false;
      },
    });
    loop.start();
    await loop.stop();
    assert.ok(finished);
  });
});
