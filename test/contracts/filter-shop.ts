// A small shop, and what its reports come to under any filter, by arithmetic on the very rows that were stored.
import { creditRows, unattributedRows } from '../../src/core/attribution/credits.ts';
import type { CreditRow } from '../../src/core/attribution/credit.ts';
import type { Event } from '../../src/core/event.ts';
import { movementRows } from '../../src/core/movement-row.ts';
import type { MovementRow } from '../../src/core/movement-row.ts';
import { foldFilters } from '../../src/core/report-filters.ts';
import type { Dimension, FilterNode, Metric } from '../../src/core/report.ts';
import type { SpendRow } from '../../src/core/spend.ts';
import { movementsOf } from '../../src/core/subscription-movements.ts';
import { entry, event, payment, touch } from './report-facts.ts';

export const SITE = 'filters';
const at = (day: number, hour = 12) => new Date(Date.UTC(2026, 10, day, hour)).toISOString();
const dayOf = (day: number) => at(day).slice(0, 10);
const turn = <T>(values: readonly T[], index: number): T => values[index % values.length]!;

const SOURCES = ['google', '', 'bing', 'News'];
const CAMPAIGNS = ['spring', '', 'Fall Sale'];
const COUNTRIES = ['DE', 'FR', '', 'DE', 'IT'];
const PAGES = ['/', '/pricing', '/docs/Start', '/blog'];
const PRODUCTS = ['Tea', null, 'Tea Cups'];

type Labels = Partial<Record<Dimension, string>>;
/** What one stored row adds to metrics; `who` of those that count somebody once. */
interface Row {
  labels: Labels;
  adds: Partial<Record<Metric, number>>;
  who?: Partial<Record<Metric, string>>;
}
export type Family = 'visits' | 'events' | 'money' | 'payments' | 'spend' | 'recurring';
export const ROWS: Record<Family, Row[]> = {
  visits: [],
  events: [],
  money: [],
  payments: [],
  spend: [],
  recurring: [],
};
export const stored = {
  events: [] as Event[],
  credits: [] as CreditRow[],
  spend: [] as SpendRow[],
  movements: [] as MovementRow[],
};

const arrival = (index: number) => ({ source: turn(SOURCES, index), campaign: turn(CAMPAIGNS, index) });
const arrivalLabels = ({ source, campaign }: ReturnType<typeof arrival>): Labels => ({
  source: source || '(direct)',
  campaign: campaign || '(none)',
});

for (let index = 0; index < 36; index += 1) {
  const [day, visitor, country] = [1 + (index % 20), `v${index % 30}`, turn(COUNTRIES, index)];
  const arrived = arrival(index);
  const paths = Array.from({ length: 1 + (index % 3) }, (_, at) => turn(PAGES, index + at));
  const names = paths.map((_, at) => (at > 0 && index % 2 === 0 ? 'signup' : 'pageview'));
  const labels: Labels = { ...arrivalLabels(arrived), country: country || '(unknown)', day: dayOf(day) };
  const views = paths.filter((_, at) => names[at] === 'pageview');
  const visit = { ...labels, landing_page: views[0]!, exit_page: views.at(-1)! };
  const session = `session-${index}`;
  paths.forEach((path, nth) => {
    const when = new Date(Date.parse(at(day)) + nth * 60_000).toISOString();
    const name = names[nth]!;
    stored.events.push(event(SITE, visitor, when, { ...arrived, country, path, name, session }));
    ROWS.events.push({
      labels: { ...visit, page: path, event: name },
      adds: { pageviews: name === 'pageview' ? 1 : 0, events: 1 },
      who: { visitors: visitor, sessions: session },
    });
  });
  const adds = { sessions: 1, pageviews: views.length, events: paths.length };
  ROWS.visits.push({ labels: visit, adds, who: { visitors: visitor } });
}

for (let index = 0; index < 40; index += 1) {
  const [day, isKnown, arrived] = [2 + (index % 17), index % 5 !== 4, arrival(index)];
  const product = turn(PRODUCTS, index);
  const kind = index % 3 === 0 ? 'subscription_start' : 'one_time';
  const paid = payment(SITE, `ch_${index}`, at(day), { productName: product, kind, customer: `cus_${index % 12}` });
  const charge = { ...entry(paid, 'charge', 1_000 + index * 7), settledCurrency: 'usd', feeMinor: 30 + index };
  const refund = index % 4 === 0 ? [entry(paid, 'refund', -(300 + index), at(day + 2))] : [];
  const country = turn(COUNTRIES, index);
  const touched = touch(`v${index}`, at(1), arrived.source, { campaign: arrived.campaign, country });
  const known = { ...arrivalLabels(arrived), country: country || '(unknown)' };
  const unknown = { source: '(unattributed)', campaign: '(unattributed)', country: '(unattributed)' };
  const labels: Labels = {
    ...(isKnown ? known : unknown),
    product: product ?? '(none)',
    payment_kind: kind,
  };
  const entries = [charge, ...refund];
  stored.credits.push(
    ...(isKnown ? creditRows(paid, entries, [touched]) : unattributedRows(paid, entries, 'no_visitor_id')),
  );
  for (const one of entries) {
    const isCharge = one.kind === 'charge';
    const money = isCharge ? { gross: one.amountMinor, fees: charge.feeMinor } : { refunded: -one.amountMinor };
    ROWS.money.push({
      labels: { ...labels, day: dayOf(isCharge ? day : day + 2) },
      adds: { revenue: one.amountMinor, ...money },
    });
  }
  ROWS.payments.push({
    labels: { ...labels, day: dayOf(day) },
    adds: { conversions: 1 },
    who: { customers: paid.customer! },
  });
}

for (let index = 0; index < 24; index += 1) {
  const { source, campaign } = arrival(index);
  const [day, amountMinor, clicks] = [1 + (index % 9), 500 + index, index * 3];
  const names = { name: '', account: 'a', campaignId: String(index), medium: '', channel: '', source, campaign };
  stored.spend.push({
    spend: 'own',
    site: SITE,
    day: dayOf(day),
    ...names,
    currency: 'usd',
    amountMinor,
    reporting: null,
    clicks,
    impressions: 1,
    sign: 1,
  });
  const labels = { source: source || '(direct)', campaign: campaign || '(none)', day: dayOf(day) };
  ROWS.spend.push({ labels, adds: { spend: amountMinor, clicks, impressions: 1 } });
}

for (let index = 0; index < 20; index += 1) {
  const arrived = arrival(index);
  const country = turn(COUNTRIES, index);
  const levels = [
    { at: Date.parse(at(1 + (index % 9))), mrrMinor: 1_000 + index },
    { at: Date.parse(at(20)), mrrMinor: index % 4 === 0 ? 0 : 1_100 + index },
  ];
  const touchpoint = touch(`v${index}`, at(1), arrived.source, { campaign: arrived.campaign, country });
  stored.movements.push(
    ...movementRows({
      site: SITE,
      mode: 'live',
      subscription: `sub_${index}`,
      customer: null,
      currency: 'usd',
      movements: movementsOf(levels),
      rate: null,
      touchpoint,
      reason: '',
    }),
  );
  ROWS.recurring.push({
    labels: { ...arrivalLabels(arrived), country: country || '(unknown)' },
    adds: {
      mrr: levels[1]!.mrrMinor,
      new_mrr: levels[0]!.mrrMinor,
      churned_mrr: levels[1]!.mrrMinor === 0 ? levels[0]!.mrrMinor : 0,
    },
  });
}

const has = (label: string, part: string) => label.toLowerCase().includes(part.toLowerCase());

/** The rows of a family that pass: and is what is in both sets, or what is in either. */
export function passing(family: Family, filters: readonly FilterNode[]): Set<Row> {
  const rows = ROWS[family];
  return foldFilters<Set<Row>>(
    filters,
    ([dimension, operator, values]) =>
      new Set(
        rows.filter(({ labels }) => {
          const label = labels[dimension];
          if (label === undefined) throw new RangeError(`${family} has no ${dimension}`);
          if (operator === 'is') return values.includes(label);
          if (operator === 'is_not') return !values.includes(label);
          const isIn = values.some((part) => has(label, part));
          return operator === 'contains' ? isIn : !isIn;
        }),
      ),
    (joined, sets) =>
      joined === 'or'
        ? new Set(sets.flatMap((set) => [...set]))
        : new Set(rows.filter((row) => sets.every((set) => set.has(row)))),
  );
}

/** What a metric comes to over rows. */
export function summed(metric: Metric, rows: Iterable<Row>): number {
  const list = [...rows];
  const whos = list.map(({ who }) => who?.[metric]).filter((who) => who !== undefined);
  if (whos.length > 0) return new Set(whos).size;
  return list.reduce((sum, { adds }) => sum + (adds[metric] ?? 0), 0);
}
