import { readScenario, type Scenario } from '../../src/rehearsal/scenario.ts';
import { createPerformer } from '../../src/rehearsal/perform.ts';
import { createAccount } from '../../src/rehearsal/stripe/account.ts';

/**
 * Stories nobody wrote: a list of numbers chooses what happens next, a scratch account says whether Stripe would let it
 * happen. What it refuses is left out, so every list is a story, and a shorter list a simpler one.
 */
export async function storyOf(choices: readonly number[]): Promise<{ text: string; scenario: Scenario }> {
  const account = createAccount({ seed: 1 }, () => '');
  const target = { url: '', site: '', serverKey: '', domain: 'shop.example', account, webhookSecret: '' };
  const importRates = async () => {};
  const performer = createPerformer({ ...target, importRates, send: async () => {} });
  const lines = ['# A random story', 'day 0  v1 lands from google / cpc', 'day 0  v2 lands from newsletter / email'];
  for (const line of lines.slice(1)) await isPossible(performer, line, 0);
  const lives = new Map<string, Life>();
  for (const [index, choice] of choices.entries()) {
    const said = sentence(choice);
    const who = said.slice(0, 2);
    const life = lives.get(who) ?? UNPAID;
    const line = `day ${index + 1}  ${said}`;
    if (fits(life, said) && (await isPossible(performer, line, index + 1))) {
      lines.push(line);
      lives.set(who, after(life, said));
    }
    if (choice % 97 === 0) lines.push('expect the books to balance');
  }
  const text = `${lines.join('\n')}\n\nexpect the books to balance\nexpect recurring revenue to be true\n`;
  return { text, scenario: readScenario(text) };
}

const DAY_MS = 86_400_000;
const FIRST_DAY_MS = Date.UTC(2026, 0, 1, 9);

async function isPossible(performer: ReturnType<typeof createPerformer>, line: string, day: number): Promise<boolean> {
  const [step] = readScenario(`${line}\nexpect the books to balance`).steps;
  if (step?.kind !== 'act') throw new Error(`"${line}" is no action`);
  // What Stripe refuses, and what the cast does not know: nothing to refund, nobody to renew.
  return performer.perform(step.action, FIRST_DAY_MS + day * DAY_MS).then(
    () => true,
    () => false,
  );
}

/** What became of a visitor's last payment: banks keep an order that the simulated Stripe does not insist on. */
interface Life {
  dispute: 'none' | 'inquiry' | 'announced' | 'withdrawn' | 'over';
  /** Of a bank account, and nothing became of it: it can be returned. */
  canBounce: boolean;
  hasBounced: boolean;
}
const UNPAID: Life = { dispute: 'none', canBounce: false, hasBounced: false };
const PAYS = / (pays|authorises|subscribes|renews|upgrades|downgrades) /;

function fits(life: Life, said: string): boolean {
  if (said.endsWith('bounces')) return life.canBounce;
  if (life.hasBounced && / (disputes|refunds) /.test(said)) return false;
  if (/ disputes /.test(said)) return life.dispute === 'none';
  const [, move] = / dispute is (\w+)$/.exec(said) ?? [];
  if (move === 'withdrawn') return life.dispute === 'announced';
  if (move === 'escalated' || move === 'closed') return life.dispute === 'inquiry';
  return move === undefined || life.dispute === 'withdrawn';
}

function after(life: Life, said: string): Life {
  if (PAYS.test(`${said} `)) return UNPAID;
  if (said.endsWith('pending payment succeeds')) return { ...life, canBounce: true };
  if (said.endsWith('bounces')) return { ...life, canBounce: false, hasBounced: true };
  if (/ (disputes|refunds) /.test(said)) {
    const dispute = DISPUTES.find(([words]) => said.endsWith(words))?.[1] ?? 'withdrawn';
    return { ...life, canBounce: false, dispute: said.includes(' disputes ') ? dispute : life.dispute };
  }
  if (/ dispute is (withdrawn|escalated)$/.test(said)) return { ...life, dispute: 'withdrawn' };
  if (/ dispute is (won|lost|closed)$/.test(said)) return { ...life, dispute: 'over' };
  return life;
}
const DISPUTES = [
  ['as inquiry', 'inquiry'],
  ['prevented', 'over'],
  ['not yet withdrawn', 'announced'],
] as const;

const LANDINGS = ['from google / cpc / spring', 'from partner / affiliate', 'from news.example', 'direct'];
const WAYS = ['', ' via guest checkout', ' via payment intent', ' via async checkout', ' via payment link'];
const COUPONS = [
  '',
  '',
  ', with coupon 20%',
  ', with coupon 33% forever',
  ', with coupon 1.00 forever',
  ', with coupon 20% for 1 months',
];
const CONDITIONS = ['', '', ', with tax 19%', ', with coupon 20%', ', with shipping 3.10', ', with nothing'];

/** What follows in a story, by chance: common things are listed more than once. */
const SENTENCES: ((who: string, amount: string, pick: <T>(of: readonly T[]) => T) => string)[] = [
  (who, _, pick) => `${who} lands ${pick(LANDINGS)}`,
  (who, amount, pick) => `${who} pays ${amount} usd${pick(WAYS)}${pick(CONDITIONS)}`,
  (who, amount, pick) => `${who} pays ${amount} eur${pick(WAYS)}`,
  (who, amount) => `${who} authorises ${amount} usd`,
  (who, amount) => `${who} captures ${amount}`,
  (who, amount) => `${who} captures ${amount}, more to come`,
  (who) => `${who} captures everything`,
  (who, _, pick) => `${who} authorisation ${pick(['expires', 'is canceled'])}`,
  (who, amount) => `${who} refunds ${amount}`,
  (who, amount) => `${who} refunds ${amount}, pending`,
  (who) => `${who} refunds everything`,
  (who, _, pick) => `${who} refund ${pick(['succeeds', 'fails', 'is canceled'])}`,
  (who, _, pick) => `${who} pending payment ${pick(['succeeds', 'succeeds', 'fails'])}`,
  (who) => `${who} payment bounces`,
  (who) => `${who} disputes 0.50`,
  (who, _, pick) => `${who} disputes everything${pick(['', ', as inquiry', ', prevented', ', not yet withdrawn'])}`,
  (who, _, pick) => `${who} dispute is ${pick(['withdrawn', 'answered', 'escalated', 'won', 'lost', 'closed'])}`,
  (who, _, pick) => `${who} dispute is ${pick(['won', 'lost'])}`,
  (who, amount, pick) => `${who} subscribes ${amount} usd${pick(['', ' via api'])}${pick(['', ', on trial'])}`,
  (who) => `${who} renews`,
  (who, amount, pick) => `${who} ${pick(['upgrades', 'downgrades'])} to ${amount}`,
  (who, _, pick) => `${who} ${pick(['renewal fails', 'pauses', 'resumes', 'cancels', 'cancels at period end'])}`,
  (who, amount, pick) =>
    `${who} subscribes ${amount} ${pick(['usd', 'eur'])}${pick(['', ' every year', ' every 2 weeks', ' every 3 months'])} via api${pick(COUPONS)}${pick(['', ', with quantity 3', ', on trial'])}`,
  (who, amount, pick) => `${who} ${pick(['upgrades', 'downgrades'])} to ${amount}${pick(['', ' every year'])}`,
  (who, amount, pick) =>
    `${who} ${pick(['changes quantity to 5', 'changes quantity to 2', `adds item ${amount}`, 'adds item 0.10, metered', 'removes item'])}`,
  (who, _, pick) =>
    `${who} ${pick(['pauses collection', 'resumes collection', 'subscription becomes unpaid', 'subscription becomes active', 'subscription ends', 'renews', 'cancels'])}`,
  (who) => `${who} renews`,
  (who, amount) => `${who} is invoiced ${amount} usd`,
  (who, _, pick) => `${who} pays ${pick(['invoice', 'invoices together', 'off stripe'])}`,
  (who, amount) => `${who} pays part ${amount}`,
  (who, amount, pick) => `${who} is credited ${amount} ${pick(['as refund', 'as balance', 'outside stripe'])}`,
  (who) => `${who} invoice is voided`,
];

/** The digits of one number, in bases that fit: sentence, visitor, amount, and the rest for its details. */
function sentence(choice: number): string {
  let rest = Math.abs(choice);
  const pick = <T>(of: readonly T[]): T => {
    const chosen = of[rest % of.length]!;
    rest = Math.floor(rest / of.length);
    return chosen;
  };
  const write = pick(SENTENCES);
  const who = pick(['v1', 'v2']);
  const amount = pick(['10.00', '3.33', '0.50', '25.01', '7.00', '100.00', '1.99']);
  return write(who, amount, pick);
}
