import { setTimeout as sleep } from 'node:timers/promises';
import { type Played, play, type Target } from '../../src/rehearsal/play.ts';
import type { Expectation } from '../../src/rehearsal/scenario-expect.ts';
import type { Scenario } from '../../src/rehearsal/scenario.ts';
import { targetFor } from '../../src/rehearsal/stage.ts';
import { againstBalance, againstReports, type Book, bookOf } from './book.ts';
import { createCourier } from './courier.ts';
import type { Plan } from './plan.ts';
import type { Theatre } from './theatre.ts';

const PATIENCE_MS = 120_000;
const POLL_MS = 400;
/** Hits are in the facts store after a turn of the drain. */
const DRAINED_MS = 450;

/**
 * What reports say of these follows from the credits: a book whose credits are those of a telling whose reports were asked
 * need not ask them again. (Subscriptions are in no book: they are always asked about.)
 */
const IN_THE_BOOK: readonly Expectation['kind'][] = ['credits', 'metric', 'books'];

export interface Told {
  book: Book;
  /** What is not as it must be, in words. */
  wrong: string[];
}

export interface Judging {
  /** Where a book differs from those of other tellings. */
  agrees(book: Book, version: string): string[];
  /** A book that is right: later ones must be like it. */
  remember(book: Book, version: string): void;
  /** Why the books cannot equal Stripe's balance; null: they must. */
  offBalance: string | null;
}

/**
 * Plays a story by a plan and asks for everything: its own expectations over HTTP, the balance of the simulated Stripe, the
 * credits in the facts store against the ledger.
 *
 * @param asksReports whether reports are asked, which costs as much as the rest of a play
 */
export async function perform(
  theatre: Theatre,
  scenario: Scenario,
  plan: Plan,
  { agrees, remember, offBalance }: Judging,
  asksReports = true,
): Promise<Told> {
  const target = await targetFor(theatre)(scenario);
  try {
    const played = await play(scenario, target, {
      courier: (to) => {
        const courier = createCourier(plan, to);
        const finish = async (lost: readonly string[]) => {
          await courier.finish(lost);
          await quiet(theatre, to.site);
        };
        return { ...courier, finish };
      },
      patience: { patienceMs: PATIENCE_MS, pollMs: 1_000, settleMs: 0 },
      asks: (kind) => asksReports || !IN_THE_BOOK.includes(kind),
      ...(plan.version === null ? {} : { version: plan.version }),
    });
    const unmet = played.findings
      .filter((finding) => !finding.ok)
      .map(({ line, text, found }) => `line ${line}: ${text}, but ${found}`);
    const { book, wrong } = await settled(theatre, target, played, asksReports, (it) => [
      ...agrees(it, plan.version ?? ''),
      ...(offBalance === null ? againstBalance(it, target.account.balance()) : []),
    ]);
    if (unmet.length + wrong.length === 0) remember(book, plan.version ?? '');
    return { book, wrong: [...unmet, ...wrong] };
  } finally {
    await leave(theatre, target);
  }
}

/** Asking before there can be an answer costs the server more than the story does. */
async function quiet({ app: { records } }: Theatre, site: string): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  do await sleep(DRAINED_MS);
  while (Date.now() < deadline && !(await isIdle(records, site)));
}

/** Nothing of the site waits to be recorded or credited. */
export async function isIdle(records: Theatre['app']['records'], site: string): Promise<boolean> {
  const [inbox, attributions] = await Promise.all([records.inbox.counts(site), records.attributions.count(site)]);
  return inbox.pending === 0 && attributions === 0;
}

/** Fees and late links come by the API: asked until all is right and nothing is under way, or the patience ends. */
async function settled(
  { app: { records } }: Theatre,
  target: Target,
  played: Played,
  asksReports: boolean,
  judge: (book: Book) => string[],
): Promise<Told> {
  const deadline = Date.now() + (played.ok ? PATIENCE_MS : 5_000);
  for (;;) {
    const isQuiet = await isIdle(records, target.site);
    const { dead } = await records.inbox.counts(target.site);
    const book = await bookOf(records, target.site, played.startMs);
    const wrong = [...(dead > 0 ? [`${dead} webhooks are dead letters`] : []), ...judge(book)];
    // The costly question last.
    if (asksReports && isQuiet && wrong.length === 0) wrong.push(...(await againstReports(book, target, played)));
    if (isQuiet && wrong.length === 0) return { book, wrong };
    if (Date.now() > deadline) return { book, wrong: isQuiet ? wrong : [...wrong, 'work is still under way'] };
    await sleep(POLL_MS);
  }
}

/** Thousands of connections would be polled for ever. */
async function leave({ app, stripe }: Theatre, target: Target): Promise<void> {
  await app.disconnectStripe({ site: target.site, connection: target.connection });
  await stripe.removeAccount(target.account);
}
