import { type Balance, balanceOf } from './balance.ts';
import type { Metadata } from './billing-rows.ts';
import type { Engine, EngineSettings } from './engine.ts';
import { createRecurringHistory, type RecurringHistory } from './recurring.ts';
import { createRenderer, type Renderer } from './render.ts';
import type { EventRow, WebhookEndpointRow } from './rows.ts';
import { createRandom, createState, type State } from './state.ts';
import { type ApiVersion, ENDIVE } from './versions.ts';
import { createWebhooks, WEBHOOK_SETTINGS, type Webhooks, type WebhookSettings } from './webhooks.ts';

/** A key of an account. `permissions` null: a secret key; a list: a restricted key with these (`rak_charge_read`, …). */
export interface SimulatedKey {
  key: string;
  permissions: readonly string[] | null;
  /** Addresses that may use it. Default: all. */
  ips?: readonly string[];
  expired?: boolean;
  /** Its refusals do not name the account, as those of some keys do not. */
  hidesAccount?: boolean;
}

export interface AccountOptions {
  /** acct_…; made up when absent. */
  id?: string;
  livemode?: boolean;
  keys?: readonly SimulatedKey[];
  /** ca_…: a platform that other accounts can connect to. */
  clientId?: string;
  /** Repeatable ids and secrets. Default: random. */
  seed?: number;
  /** Epoch milliseconds the simulation starts at; null (default): the wall clock, until `setNow`. */
  now?: number | null;
  defaultVersion?: ApiVersion;
  orderReferences?: boolean;
  settlementCurrency?: string | null;
  settlement?: EngineSettings['settlement'];
  /** False: no events are kept or sent. For filling an account with history. */
  events?: boolean;
  webhooks?: Partial<WebhookSettings>;
}

export interface SimulatedAccount {
  id: string;
  state: State;
  engine: Engine;
  webhooks: Webhooks;
  render: Renderer;
  /** Looked up at each request: may be changed at any time. */
  keys: Map<string, SimulatedKey>;
  clientId: string | null;
  /** Platforms that this account has connected to: their Connect endpoints hear of it, their keys reach it. */
  platforms: Set<SimulatedAccount>;
  /** True: the API answers this account's keys with an error of the server. */
  outage: boolean;
  /** What Stripe holds for the account, by currency: the truth that a ledger must equal. */
  balance(): Record<string, Balance>;
  /** What its subscriptions were worth a month, at any time: the truth that reports must tell. */
  recurring: RecurringHistory;
  /** Epoch milliseconds; null: the wall clock again. */
  setNow(atMs: number | null): void;
  addEndpoint(input: EndpointInput): WebhookEndpointRow;
}

export interface EndpointInput {
  url: string;
  /** Default: every type. */
  events?: readonly string[];
  version?: ApiVersion;
  /** whsec_…; made up when absent. */
  secret?: string;
  metadata?: Metadata;
  description?: string | null;
  /** Hears of connected accounts instead of this one. */
  connect?: boolean;
  /** Thin payloads: ids instead of objects. */
  thin?: boolean;
}

export function createAccount(options: AccountOptions, pagesUrl: () => string): SimulatedAccount {
  const seed = options.seed ?? Math.floor(Math.random() * 2 ** 32);
  const state = createState({ livemode: options.livemode ?? false, random: createRandom(seed) });
  const render = createRenderer(state, pagesUrl);
  const webhooks = createWebhooks(state, { ...WEBHOOK_SETTINGS, ...options.webhooks });
  const id = options.id ?? `acct_1${state.token(15)}`;
  const platforms = new Set<SimulatedAccount>();
  let nowMs = options.now ?? null;

  const recurring = createRecurringHistory(state, () => engine.now());
  const engine: Engine = {
    state,
    now: () => Math.floor((nowMs ?? Date.now()) / 1_000),
    at(second, work) {
      const before = nowMs;
      nowMs = second * 1_000;
      try {
        return work();
      } finally {
        nowMs = before;
      }
    },
    settings: {
      account: id,
      defaultVersion: options.defaultVersion ?? ENDIVE,
      orderReferences: options.orderReferences ?? true,
      settlementCurrency: options.settlementCurrency ?? null,
      exchangeRates: {},
      settlement: options.settlement ?? 'soon',
    },
    invoicePayments: new Map(),
    emit(type, row, previousAttributes) {
      if (row.object === 'subscription') recurring.note(row);
      if (options.events === false) return null;
      const event: EventRow = state.add({
        object: 'event' as const,
        id: state.newId('event'),
        created: engine.now(),
        type,
        about: { id: row.id, object: row.object },
        version: engine.settings.defaultVersion,
        // Rendered now: an event shows the object as it was, not as it has become when a retry is sent.
        snapshots: render.all(row),
        previousAttributes: previousAttributes ?? null,
      });
      webhooks.send(event);
      for (const platform of platforms) platform.webhooks.forward(event, { account: id, state });
      return event;
    },
  };

  return {
    id,
    state,
    engine,
    webhooks,
    render,
    keys: new Map((options.keys ?? []).map((key) => [key.key, key])),
    clientId: options.clientId ?? null,
    platforms,
    outage: false,
    balance: () => balanceOf(state),
    recurring,
    setNow(atMs) {
      nowMs = atMs;
    },
    addEndpoint: (input) => addEndpoint(engine, input),
  };
}

function addEndpoint({ state, now, settings }: Engine, input: EndpointInput): WebhookEndpointRow {
  return state.add({
    object: 'webhook_endpoint' as const,
    id: state.newId('webhook_endpoint'),
    created: now(),
    url: input.url,
    secret: input.secret ?? `whsec_${state.token(32)}`,
    enabledEvents: [...(input.events ?? ['*'])],
    version: input.version ?? settings.defaultVersion,
    metadata: { ...input.metadata },
    description: input.description ?? null,
    status: 'enabled' as const,
    connect: input.connect ?? false,
    thin: input.thin ?? false,
  });
}
