import type { SimulatedAccount, SimulatedKey } from './account.ts';
import { act, remove, update } from './change.ts';
import { CREATORS } from './create.ts';
import { maskedKey, missing, StripeRefusal } from './errors.ts';
import { expand } from './expand.ts';
import { type Form, textsOf } from './form.ts';
import { requiredText } from './parameters.ts';
import { allow, forbidden } from './permissions.ts';
import { subscriptionItems } from './render-billing.ts';
import { lineItems } from './render-checkout.ts';
import { listPage, pageOf, single } from './list.ts';
import type { invoiceObject } from './render-invoices.ts';
import { type Resource, resourceAt } from './resources.ts';
import type { Row, RowKind } from './rows.ts';
import { API_VERSIONS, type ApiVersion, isApiVersion } from './versions.ts';

export interface ApiRequest {
  method: string;
  /** Without query, beginning with /v1/. */
  path: string;
  /** Query and body together, as Stripe reads them. */
  form: Form;
  version: string | undefined;
}

export interface Caller {
  authorization: string | undefined;
  /** Stripe-Account: a platform acts on an account that connected to it. */
  account: string | undefined;
  ip: string;
}

/** Finds whose key it is, and whom it acts for. @throws StripeRefusal 401 or 403 in Stripe's words */
export function authenticate(
  accounts: readonly SimulatedAccount[],
  { authorization, account: named, ip }: Caller,
): { account: SimulatedAccount; key: SimulatedKey } {
  const given = /^(Bearer|Basic) +(.+)$/i.exec(authorization ?? '');
  if (!given) {
    throw new StripeRefusal(401, {
      message:
        "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication for details, or we can help at https://support.stripe.com/.",
    });
  }
  const text =
    given[1]!.toLowerCase() === 'basic' ? Buffer.from(given[2]!, 'base64').toString().split(':')[0]! : given[2]!;
  const account = accounts.find((candidate) => candidate.keys.has(text));
  const key = account?.keys.get(text);
  if (!account || !key) throw new StripeRefusal(401, { message: `Invalid API Key provided: ${maskedKey(text)}` });
  if (key.expired === true) {
    throw new StripeRefusal(401, { code: 'api_key_expired', message: `Expired API Key provided: ${maskedKey(text)}` });
  }
  if (key.ips !== undefined && !key.ips.includes(ip)) {
    const message = `The API key provided does not allow requests from your IP address. (${maskedKey(text)}, ${ip})`;
    throw new StripeRefusal(401, { message });
  }
  if (named === undefined || named === account.id) return { account, key };
  const connected = accounts.find((candidate) => candidate.id === named && candidate.platforms.has(account));
  if (connected) return { account: connected, key };
  throw new StripeRefusal(403, {
    code: 'account_invalid',
    message:
      `The provided key '${maskedKey(text)}' does not have access to account '${named.slice(0, 60)}' (or that account ` +
      'does not exist). Application access may have been revoked.',
  });
}

export function versionOf(account: SimulatedAccount, given: string | undefined): ApiVersion {
  if (given === undefined) return account.engine.settings.defaultVersion;
  if (isApiVersion(given)) return given;
  throw new StripeRefusal(400, {
    message: `Invalid Stripe API version: ${given.slice(0, 60)}. The simulated Stripe renders ${API_VERSIONS.join(', ')}.`,
  });
}

/** Answers one API request. @throws StripeRefusal for everything Stripe would refuse */
export function answer(account: SimulatedAccount, key: SimulatedKey, request: ApiRequest): object {
  const version = versionOf(account, request.version);
  const path = request.path.replace(/^\/v1\//, '').replace(/\/+$/, '');
  if ((path === 'account' || path === `accounts/${account.id}`) && request.method === 'GET') {
    return accountObject(account, key);
  }
  if (path === 'subscription_items' && request.method === 'GET') return itemsPage(account, key, request, version);
  const found = resourceAt(path);
  if (!found) throw unrecognised(request);
  const [id, verb] = path.slice(found.path.length + 1).split('/');
  const write = request.method !== 'GET';
  // Refunds hang on the charge permission when they are made.
  const kind = found.kind === 'refund' && write ? 'charge' : found.kind;
  allow(account, key, kind, write);
  const result = dispatch(account, found, { ...request, id: id || null, verb: verb ?? null, version });
  return expand(result, textsOf(request.form.expand), {
    account,
    version,
    allow: (row) => allow(account, key, row, false),
  });
}

/** All items of a subscription, of which the subscription itself shows the first ten. */
function itemsPage(account: SimulatedAccount, key: SimulatedKey, request: ApiRequest, version: ApiVersion): object {
  const may = (row: RowKind) => allow(account, key, row, false);
  may('subscription');
  const { state } = account;
  const id = requiredText(request.form, 'subscription');
  const row = state.get('subscription', id);
  if (!row) throw missing('subscription', id);
  const items = subscriptionItems(row, state);
  const page = pageOf(items, request.form, { noun: 'subscription item', url: request.path, show: (item) => item });
  return expand(page, textsOf(request.form.expand), { account, version, allow: may });
}

interface Dispatch extends Omit<ApiRequest, 'version'> {
  id: string | null;
  verb: string | null;
  version: ApiVersion;
}

function dispatch(account: SimulatedAccount, of: Resource, request: Dispatch): object {
  const { method, id, verb, form, version } = request;
  const show = (row: Row) => {
    // Events are shown as they were rendered when they happened, whatever version the request names.
    return { ...account.render(row, row.object === 'event' ? row.version : version) };
  };
  if (id === null) {
    if (method === 'GET') return listPage(account, of, form, version);
    const create = CREATORS[of.kind];
    if (method !== 'POST' || !create) throw unrecognised(request);
    const row = create(account, form, version);
    return row.object === 'webhook_endpoint' ? { ...show(row), secret: row.secret } : show(row);
  }
  const row = single(account, of, id);
  if (
    verb === 'line_items' &&
    method === 'GET' &&
    (row.object === 'checkout.session' || row.object === 'payment_link')
  ) {
    const { data, url } = lineItems(row.items, account.state, `/v1/${of.path}/${id}/line_items`);
    return pageOf(data, form, { noun: 'line item', url, show: (line) => line });
  }
  if (method === 'GET' && verb !== null) return below(account, row, verb, request);
  if (method === 'GET') return show(row);
  if (method === 'POST' && verb !== null) return show(act(account, row, verb, form));
  if (method === 'POST') {
    update(account, row, form);
    return show(row);
  }
  if (method === 'DELETE' && verb === null) {
    const removed = remove(account, row);
    return 'deleted' in removed ? removed : show(removed);
  }
  throw unrecognised(request);
}

/** Lists below single objects: `/v1/charges/ch_1/refunds`, `/v1/invoices/in_1/lines`. */
function below(account: SimulatedAccount, row: Row, name: string, request: Dispatch): object {
  const { state, render } = account;
  const { form, version } = request;
  const url = request.path;
  if (row.object === 'charge' && name === 'refunds') {
    const refunds = row.refunds.map((id) => state.need('refund', id)).reverse();
    return pageOf(refunds, form, { noun: 'refund', url, show: (refund) => render(refund, version) });
  }
  if (row.object === 'invoice' && name === 'lines') {
    const { lines } = render.whole(row, version) as unknown as Pick<ReturnType<typeof invoiceObject>, 'lines'>;
    return pageOf(lines.data, form, { noun: 'line item', url, show: (line) => line });
  }
  throw unrecognised(request);
}

/** Restricted keys are always refused here, in words that name the account. */
function accountObject(account: SimulatedAccount, key: SimulatedKey): object {
  if (key.permissions !== null) {
    throw forbidden(
      account,
      key,
      "Having the 'rak_accounts_kyc_basic_read' permission would allow this request to continue.",
    );
  }
  return {
    id: account.id,
    object: 'account',
    business_type: 'company',
    charges_enabled: true,
    country: 'US',
    default_currency: 'usd',
    details_submitted: true,
    email: null,
    payouts_enabled: true,
    settings: { dashboard: { display_name: 'Rehearsal', timezone: 'Etc/UTC' } },
    type: 'standard',
  };
}

function unrecognised(request: { method: string; path: string }): StripeRefusal {
  return new StripeRefusal(404, {
    message: `Unrecognized request URL (${request.method}: ${request.path.slice(0, 200)}). Please see https://stripe.com/docs or we can help at https://support.stripe.com/.`,
  });
}
