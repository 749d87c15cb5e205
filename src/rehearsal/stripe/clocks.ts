import type { TestClockRow } from './billing-rows.ts';
import type { Engine } from './engine.ts';
import { StripeRefusal } from './errors.ts';
import { endSubscription, renewSubscription } from './subscriptions.ts';

/** Test clocks: customers live in a time of their own, which is moved forward. Test mode only. */

export function createClock({ state, now, emit }: Engine, frozenTime: number, name: string | null): TestClockRow {
  if (state.livemode) throw new StripeRefusal(400, { message: 'Test clocks exist in test mode only.' });
  const clock: TestClockRow = state.add({
    object: 'test_helpers.test_clock' as const,
    id: state.newId('test_helpers.test_clock'),
    created: now(),
    name,
    frozenTime,
  });
  emit('test_helpers.test_clock.created', clock);
  return clock;
}

/** Renews, and ends, what falls due on the way. Objects made then carry the clock's time. */
export function advanceClock(engine: Engine, clock: TestClockRow, to: number): void {
  const { state, emit } = engine;
  if (to <= clock.frozenTime) {
    const message = 'The frozen_time must be later than the current frozen time of the test clock.';
    throw new StripeRefusal(400, { message, param: 'frozen_time' });
  }
  emit('test_helpers.test_clock.advancing', clock);
  const due = () =>
    state
      .list('subscription')
      .filter((row) => row.testClock === clock.id && row.periodEnd <= to && isRunning(row.status))
      .sort((a, b) => a.periodEnd - b.periodEnd)[0];
  for (let next = due(); next; next = due()) {
    const subscription = next;
    engine.at(subscription.periodEnd, () => {
      if (subscription.cancelAtPeriodEnd) endSubscription(engine, subscription);
      else renewSubscription(engine, subscription, 'succeeds');
    });
  }
  clock.frozenTime = to;
  emit('test_helpers.test_clock.ready', clock);
}

function isRunning(status: string): boolean {
  return status === 'active' || status === 'trialing' || status === 'past_due';
}
