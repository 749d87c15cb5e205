import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { isAbsolute, join, resolve } from 'node:path';
import { z } from 'zod';

/** Everything that can be set from outside. This is the only file that reads the environment. */
export interface Config {
  port: number;
  host: string;
  dataDir: string;
  /** Public address, an origin; cookies are `Secure` when it is https. */
  publicUrl: string;
  /** postgres://…; null: SQLite in the data directory. */
  databaseUrl: string | null;
  /** http(s)://user:password@host:port/database; null: the embedded engine. */
  clickhouseUrl: string | null;
  /** Cluster name for replicated and distributed tables. */
  clickhouseCluster: string | null;
  /** Seals keys and bodies at rest. */
  secret: string;
  stripeApiBase: string | null;
  stripeSecretKey: string | null;
  stripeWebhookSecret: string | null;
  /** Connecting by Stripe's OAuth page, for those who host Headwater for many; null: keys are pasted. */
  stripeOAuth: { clientId: string; secretKey: string; webhookSecret: string | null } | null;
  /** Addresses whose X-Forwarded-For is believed. */
  trustedProxies: string[];
  /** Single hits per minute and address on the collect endpoint; 0 switches the limit off. */
  collectPerMinute: number;
  /** MaxMind-format database for locations; null: the time zone's country, marked approximate. */
  geoDatabase: string | null;
  /** Header of a trusted proxy that carries a two-letter country. */
  countryHeader: string | null;
  /** Files of what is nobody's visit: address ranges of data centres, hosts of referrer spam; null: none. */
  trafficLists: { datacenters: string | null; referrerSpam: string | null };
  /** Exchange rates are fetched from here once a day; null: they are imported from files. */
  ratesUrl: string | null;
  logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug';
}

/** A setting that cannot be used. Its message is the one line the operator sees. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

const PLACEHOLDERS = /^(change[-_ ]?(me|this|it)\b.*|secret|password|example|placeholder|your[-_ ].*|<.*>)$/i;
const SECRET_BYTES = 32;
/** A secret of fewer different characters was typed by somebody who meant to come back. */
const SECRET_CHARACTERS_MIN = 6;

const webUrl = (protocols: RegExp) =>
  z
    .url({ protocol: protocols, error: 'must be an http:// or https:// address, with nothing before it' })
    .transform((url) => url.replace(/\/+$/, ''));

/** Whatever is put behind it must be an address: sign-in links, the script's, Stripe's webhooks. */
const publicAddress = webUrl(/^https?$/).transform((url, context) => {
  const { origin, pathname, search, hash, username } = new URL(url);
  if (pathname === '/' && `${search}${hash}${username}` === '') return origin;
  const message = 'must be a host alone (https://stats.example.com): Headwater answers at the root of its own host';
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
});

function wholeNumber(max: number) {
  const error = `must be a whole number from 0 to ${max}`;
  return z.coerce.number({ error }).int({ error }).min(0, { error }).max(max, { error });
}

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug'] as const;

const schema = z.object({
  PORT: wholeNumber(65_535).default(1323),
  HOST: z.string().min(1).max(255).default('0.0.0.0'),
  HEADWATER_DATA: z.string().min(1).default('./data'),
  HEADWATER_URL: publicAddress.optional(),
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// address; leave it unset for SQLite' })
    .optional(),
  CLICKHOUSE_URL: z
    .url({ protocol: /^https?$/, error: "must be an http:// or https:// address of ClickHouse's HTTP interface" })
    .optional(),
  CLICKHOUSE_CLUSTER: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/)
    .optional(),
  HEADWATER_SECRET: z.string().optional(),
  HEADWATER_STRIPE_API_BASE: webUrl(/^https?$/).optional(),
  STRIPE_SECRET_KEY: z.string().trim().min(1).optional(),
  STRIPE_WEBHOOK_SECRET: z.string().trim().min(1).optional(),
  STRIPE_CLIENT_ID: z
    .string()
    .trim()
    .regex(/^ca_[A-Za-z0-9]{1,250}$/, { error: "must be a platform's client id, which starts with ca_" })
    .optional(),
  STRIPE_OAUTH_SECRET_KEY: z
    .string()
    .trim()
    .regex(/^sk_(live|test)_\S{1,250}$/, { error: "must be the platform's own secret key (sk_live_… or sk_test_…)" })
    .optional(),
  STRIPE_OAUTH_WEBHOOK_SECRET: z.string().trim().min(1).optional(),
  HEADWATER_TRUSTED_PROXIES: z.string().default('loopback'),
  HEADWATER_COLLECT_PER_MINUTE: wholeNumber(1_000_000).default(600),
  HEADWATER_GEO_DATABASE: z.string().optional(),
  HEADWATER_COUNTRY_HEADER: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,64}$/)
    .optional(),
  HEADWATER_DATACENTERS: z.string().optional(),
  HEADWATER_REFERRER_SPAM: z.string().optional(),
  HEADWATER_RATES_URL: webUrl(/^https?$/).optional(),
  HEADWATER_LOG_LEVEL: z.enum(LOG_LEVELS, { error: `must be one of ${LOG_LEVELS.join(', ')}` }).default('info'),
});

/**
 * Reads and checks the settings.
 * @throws ConfigError naming the first bad setting, what is wrong with it and what it should be
 */
export function readConfig(env: Record<string, string | undefined> = process.env): Config {
  // An empty variable means "unset": compose files and CI pass them that way.
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    const name = String(issue.path[0]);
    throw new ConfigError(`${name}: ${issue.message} (got ${redacted(name, given[name])})`);
  }
  const values = parsed.data;
  const dataDir = isAbsolute(values.HEADWATER_DATA) ? values.HEADWATER_DATA : resolve(values.HEADWATER_DATA);
  for (const name of ['HEADWATER_GEO_DATABASE', 'HEADWATER_DATACENTERS', 'HEADWATER_REFERRER_SPAM'] as const) {
    const path = values[name];
    if (path !== undefined && !existsSync(path)) throw new ConfigError(`${name}: no file at ${path}`);
  }
  return {
    port: values.PORT,
    host: values.HOST,
    dataDir,
    publicUrl: values.HEADWATER_URL ?? `http://localhost:${values.PORT}`,
    databaseUrl: values.DATABASE_URL ?? null,
    clickhouseUrl: values.CLICKHOUSE_URL ?? null,
    clickhouseCluster: values.CLICKHOUSE_CLUSTER ?? null,
    secret: values.HEADWATER_SECRET === undefined ? keptSecret(dataDir) : checkedSecret(values.HEADWATER_SECRET),
    stripeApiBase: values.HEADWATER_STRIPE_API_BASE ?? null,
    stripeSecretKey: values.STRIPE_SECRET_KEY ?? null,
    stripeWebhookSecret: values.STRIPE_WEBHOOK_SECRET ?? null,
    stripeOAuth: oauthOf(values),
    trustedProxies: proxiesOf(values.HEADWATER_TRUSTED_PROXIES),
    collectPerMinute: values.HEADWATER_COLLECT_PER_MINUTE,
    geoDatabase: values.HEADWATER_GEO_DATABASE ?? null,
    countryHeader: values.HEADWATER_COUNTRY_HEADER?.toLowerCase() ?? null,
    trafficLists: {
      datacenters: values.HEADWATER_DATACENTERS ?? null,
      referrerSpam: values.HEADWATER_REFERRER_SPAM ?? null,
    },
    ratesUrl: values.HEADWATER_RATES_URL ?? null,
    logLevel: values.HEADWATER_LOG_LEVEL,
  };
}

function oauthOf(values: z.infer<typeof schema>): Config['stripeOAuth'] {
  const clientId = values.STRIPE_CLIENT_ID;
  const secretKey = values.STRIPE_OAUTH_SECRET_KEY;
  if (clientId === undefined && secretKey === undefined) return null;
  if (clientId === undefined || secretKey === undefined) {
    const missing = clientId === undefined ? 'STRIPE_CLIENT_ID' : 'STRIPE_OAUTH_SECRET_KEY';
    throw new ConfigError(`${missing}: is missing; connecting by OAuth needs the client id and the platform's key`);
  }
  return { clientId, secretKey, webhookSecret: values.STRIPE_OAUTH_WEBHOOK_SECRET ?? null };
}

function proxiesOf(list: string): string[] {
  const proxies = list.split(',').map((address) => address.trim());
  const wrong = proxies.find((proxy) => !isProxy(proxy));
  if (wrong === undefined) return proxies;
  throw new ConfigError(
    `HEADWATER_TRUSTED_PROXIES: "${wrong.slice(0, 100)}" is not an address; list addresses or ranges (10.0.0.0/8), ` +
      'or loopback, linklocal, uniquelocal, separated by commas',
  );
}

/** As the web server reads them. */
function isProxy(proxy: string): boolean {
  if (['loopback', 'linklocal', 'uniquelocal'].includes(proxy)) return true;
  const [address = '', bits, ...rest] = proxy.split('/');
  const bitsMax = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  return (
    rest.length === 0 && bitsMax > 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= bitsMax))
  );
}

function checkedSecret(secret: string): string {
  if (secret.length < 16 || new Set(secret).size < SECRET_CHARACTERS_MIN || PLACEHOLDERS.test(secret)) {
    throw new ConfigError(
      'HEADWATER_SECRET: looks like a placeholder or is shorter than 16 characters; set a random one ' +
        '(openssl rand -hex 32) or leave it unset to have one created in the data directory',
    );
  }
  return secret;
}

/** The installation's own secret, created once with mode 0600. Losing it makes sealed Stripe keys unreadable. */
function keptSecret(dataDir: string): string {
  const path = join(dataDir, 'secret');
  const unusable = (error: unknown) =>
    new ConfigError(`HEADWATER_DATA: cannot write to ${dataDir} (${(error as Error).message})`);
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw unusable(error);
  }
  try {
    // 'wx': two processes starting at once agree on the one that was first.
    writeFileSync(path, `${randomBytes(SECRET_BYTES).toString('hex')}\n`, { mode: 0o600, flag: 'wx' });
    chmodSync(path, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw unusable(error);
  }
  const secret = readFileSync(path, 'utf8').trim();
  if (secret.length < 16) throw new ConfigError(`HEADWATER_SECRET: the file ${path} is empty or cut; restore it`);
  return secret;
}

function redacted(name: string, value: string | undefined): string {
  if (value === undefined) return 'nothing';
  return /SECRET|KEY|URL/.test(name) ? 'a value not shown here' : `"${value.slice(0, 100)}"`;
}
