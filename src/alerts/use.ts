import { randomBytes } from 'node:crypto';
import { UNATTRIBUTED_REASONS } from '../core/link.ts';
import type { UnattributedReason } from '../core/link.ts';
import type { Mode } from '../core/payment.ts';
import { addDays, dayAt, isDay } from '../core/report-days.ts';
import type { Secrets } from '../secrets.ts';
import type { Facts } from '../storage/facts/facts.ts';
import type { Records, Site } from '../storage/records/records.ts';
import { AddressRefused, checkAddress } from './address.ts';
import type { AddressRule } from './address.ts';
import { alertAnswer } from './answer.ts';
import { secretPlace, urlPlace } from './deliver.ts';

const ALERTS_SHOWN = 100;
const DELIVERIES_SHOWN = 20;
const DEFAULT_DAYS = 30;

type Refused = { ok: false; code: string; message: string; field?: string; status?: number };
type Outcome<T> = { ok: true; value: T } | Refused;

const refuse = (field: string, message: string): Refused => ({
  ok: false,
  code: 'invalid',
  field,
  message: `${field}: ${message}`,
});

interface AlertDeps {
  records: Pick<Records, 'alerts'>;
  facts: Pick<Facts, 'coverageByDay'>;
  secrets: Pick<Secrets, 'seal'>;
  defaultMode: (site: string) => Promise<Mode>;
  rule: AddressRule;
  now: () => number;
  onQueued?: () => void;
}

/** What the routes about coverage and alerts call. */
export function createAlertUse(deps: AlertDeps) {
  const { records, facts, defaultMode, now, onQueued } = deps;
  return {
    async coverage(site: Site, question: { mode: Mode | null; from: string | null; to: string | null }) {
      const { timezone, currency } = site;
      const to = question.to ?? dayAt(now(), timezone);
      const from = question.from ?? (isDay(to) ? addDays(to, 1 - DEFAULT_DAYS) : '');
      for (const [field, day] of Object.entries({ to, from })) {
        if (!isDay(day)) return refuse(field, 'is not a day; write YYYY-MM-DD');
      }
      if (from > to) return refuse('from', 'must not lie after to');
      const mode = question.mode ?? (await defaultMode(site.id));
      const rows = await facts.coverageByDay({ site: site.id, mode, from, to, timezone, currency });
      return { ok: true as const, value: { mode, currency, from, to, ...coverageOf(rows) } };
    },

    async list(site: Site) {
      return { alerts: (await records.alerts.list(site.id, ALERTS_SHOWN)).map(alertAnswer) };
    },

    /** A person says that what is now is the new usual. */
    async accept(site: Site, id: string, by: string): Promise<Outcome<ReturnType<typeof alertAnswer>>> {
      const how = { resolvedAt: now(), resolution: 'accepted', resolvedBy: by, now: now() } as const;
      const accepted = await records.alerts.resolve(site.id, id, how);
      const alert = await records.alerts.get(site.id, id);
      const unknown = `alert: this site has no alert "${id.slice(0, 64)}"`;
      if (!alert) return { ok: false, status: 404, code: 'unknown_alert', field: 'alert', message: unknown };
      const over = 'alert: is over already; nothing was changed';
      if (!accepted) return { ok: false, status: 409, code: 'no_change', field: 'alert', message: over };
      onQueued?.();
      return { ok: true, value: alertAnswer(alert) };
    },
    ...webhookUse(deps),
  };
}
/** Where a site's alerts are told. */
function webhookUse({ records, secrets, rule, now, onQueued }: AlertDeps) {
  return {
    async webhook(site: Site) {
      const hook = await records.alerts.hook(site.id);
      const deliveries = await records.alerts.deliveries(site.id, DELIVERIES_SHOWN);
      return {
        webhook: hook && { host: hook.host, created_at: new Date(hook.createdAt).toISOString() },
        deliveries: deliveries.map(({ id, happened, alert, state, attempts, lastError, createdAt }) => ({
          id,
          happened,
          alert,
          state,
          attempts,
          error: lastError,
          created_at: new Date(createdAt).toISOString(),
        })),
      };
    },

    /** The secret that signs is shown once. */
    async setWebhook(site: Site, text: string): Promise<Outcome<{ host: string; secret: string }>> {
      try {
        const url = await checkAddress(text, rule);
        const secret = `hws_${randomBytes(24).toString('base64url')}`;
        await records.alerts.setHook(site.id, {
          sealedUrl: secrets.seal(url.href, urlPlace(site.id)),
          sealedSecret: secrets.seal(secret, secretPlace(site.id)),
          host: url.host,
          createdAt: now(),
        });
        return { ok: true, value: { host: url.host, secret } };
      } catch (error) {
        if (error instanceof AddressRefused) return refuse('url', error.message);
        throw error;
      }
    },

    removeWebhook: (site: Site) => records.alerts.setHook(site.id, null),

    async testWebhook(site: Site): Promise<Outcome<{ done: true }>> {
      const isQueued = await records.alerts.queueTest(site.id, now());
      const message = 'url: this site has no webhook for alerts; set one first';
      if (!isQueued) return { ok: false, status: 409, code: 'no_webhook', field: 'url', message };
      onQueued?.();
      return { ok: true, value: { done: true } };
    },
  };
}

export type AlertUse = ReturnType<typeof createAlertUse>;

interface Sums {
  payments: number;
  revenue: number;
}
type Row = Awaited<ReturnType<Facts['coverageByDay']>>[number];

function coverageOf(rows: readonly Row[]) {
  const sums = (of: readonly Row[]): Sums => ({
    payments: of.reduce((total, { payments }) => total + payments, 0),
    revenue: of.reduce((total, { revenueMinor }) => total + revenueMinor, 0),
  });
  const known = (of: readonly Row[]) => sums(of.filter(({ reason }) => reason === null));
  const byReason = (of: readonly Row[]) => {
    const unknown = of.filter((row): row is Row & { reason: string } => row.reason !== null);
    return [...Map.groupBy(unknown, ({ reason }) => reason)]
      .map(([reason, its]) => ({ reason, ...sums(its) }))
      .toSorted((a, b) => b.revenue - a.revenue || b.payments - a.payments || (a.reason < b.reason ? -1 : 1));
  };
  const days = [...Map.groupBy(rows, ({ day }) => day)].map(([day, its]) => ({
    day,
    ...sums(its),
    attributed: known(its),
    reasons: byReason(its),
  }));
  const reasons = byReason(rows).map((it) => ({
    ...it,
    text: UNATTRIBUTED_REASONS[it.reason as UnattributedReason] ?? it.reason,
  }));
  return { totals: { ...sums(rows), attributed: known(rows) }, reasons, days };
}
