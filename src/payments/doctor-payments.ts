import { countsByDay } from '../core/collect-rules.ts';
import { rungOf } from '../core/ladder.ts';
import type { Rung } from '../core/ladder.ts';
import { isPlaceholder, isWellFormedId, linkKey, SESSION_METADATA_KEYS, VISITOR_METADATA_KEYS } from '../core/link.ts';
import type { Link } from '../core/link.ts';
import { count, firstOf, listed } from './doctor-finding.ts';
import type { Checks, Examined, ExaminedPayment, Finding } from './doctor-finding.ts';
import type { Sample } from './provider.ts';
import {
  awaitId,
  identify,
  isSoldByLinks,
  nameVisitorInLinks,
  passVisitorId,
  renameKey,
  returnAddress,
  say,
  script,
  setOnObject,
} from './doctor-remedies.ts';

const DAY_MS = 86_400_000;
const SILENT_MS = 3 * DAY_MS;
/** Fewer say nothing about a share. */
const HITS_MIN = 20;
const PAYMENTS_MIN = 5;
/** Payments without a mistake before it may be taken for mended, and the chance left that it is not. */
const SINCE_MIN = 3;
const CHANCE_MAX = 0.01;

const claims = (payment: ExaminedPayment) =>
  payment.links.filter(({ claim }) => claim === 'visitor' || claim === 'session');
const usable = (payment: ExaminedPayment) => claims(payment).filter(({ value }) => isWellFormedId(value));
const isOn = (link: Link, rungs: readonly Rung[]) => rungs.includes(rungOf(link)!);
const ids = (payments: readonly ExaminedPayment[]) => firstOf(payments.map(({ id }) => id));

/**
 * Those payments, or objects at Stripe, that tell of something still going on. A mistake that befell a share of them and
 * none of the many since has most likely been mended: the older ones are no reason to go on asking for it.
 *
 * @param all newest first
 */
function current<T>(all: readonly T[], isFound: (one: T) => boolean): readonly T[] {
  const found = all.filter(isFound);
  const since = all.findIndex(isFound);
  if (since < SINCE_MIN) return found;
  // Of few payments the share is not known well: two without the mistake are counted in.
  const share = found.length / (all.length - since + 2);
  return (1 - share) ** since < CHANCE_MAX ? [] : found;
}

/** History that was read in: nothing that is mended now changes it. */
function earlier(found: readonly ExaminedPayment[], { createdAt }: Examined['site']): string {
  const before = found.filter(({ occurredAt }) => occurredAt < createdAt).length;
  const were = before === 1 ? 'one was' : 'ones were';
  return before === 0 ? '' : ` ${before} unattributed ${were} made before this site was added here, and may stay so.`;
}

const ON_SESSION: Rung[] = ['session_of_intent', 'session_of_subscription', 'session_of_invoice'];
const ON_CUSTOMER: Rung[] = ['customer', 'session_of_customer'];

/** All its usable ids stand on these rungs. */
function isOnly(payment: ExaminedPayment, rungs: readonly Rung[]): boolean {
  const links = usable(payment);
  return links.length > 0 && links.every((link) => isOn(link, rungs));
}

/**
 * Payments that a session's client_reference_id alone made known. Not where the sessions are of payment links, which can
 * carry nothing else, nor where they could not be looked at: a shop that sells by links has nothing to mend.
 */
function byReference(
  payments: readonly ExaminedPayment[],
  connections: Examined['connections'],
): ReadonlySet<ExaminedPayment> {
  const checkouts = connections.flatMap((it) => listed(it.checkouts));
  const ofLinks = new Set(checkouts.filter((it) => it.isOfPaymentLink).map(({ id }) => id));
  if (checkouts.length === ofLinks.size) return new Set();
  const found = payments.filter((payment) => {
    const used = payment.used === null ? null : linkKey(payment.used);
    const link = payment.links.find((it) => it.claim === 'client_reference' && linkKey(it) === used);
    return link && usable(payment).length === 0 && isOn(link, ON_SESSION) && !ofLinks.has(link.object);
  });
  return new Set(found);
}

const PLACE_CHECKS: Checks = {
  payment_without_id({ payments, site, connections }) {
    const bare = current(payments, ({ reason }) => reason === 'no_visitor_id');
    if (bare.length === 0) return [];
    const references = bare.filter(({ links }) => links.some(({ claim }) => claim === 'client_reference'));
    const hint =
      references.length === 0
        ? ''
        : ` ${count(references.length, 'of them has', 'of them have')} a client_reference_id that is neither a visitor id nor an app_id given to identify().`;
    const found = {
      code: 'payment_without_id' as const,
      severity: bare.length * 2 > payments.length ? ('error' as const) : ('warning' as const),
      objects: ids(bare),
    };
    if (countsByDay(site.settings)) {
      return [
        {
          ...found,
          title: `${count(bare.length, 'payment is', 'payments are')} known by no return page`,
          detail: `This site tells its visitors apart by the day, so no id of theirs reaches Stripe. The return page has to name the Checkout Session, or the page before it the buyer (identify), on the day of the payment.${earlier(bare, site)}`,
          remedy: returnAddress(site.domain),
        },
      ];
    }
    return [
      {
        ...found,
        title: `${count(bare.length, 'payment carries', 'payments carry')} no visitor id`,
        detail: `Of the newest ${payments.length} no Stripe object of these says who paid: not the charge, its payment intent, Checkout Session, invoice, subscription or customer.${hint}${earlier(bare, site)}`,
        remedy: isSoldByLinks(connections) ? nameVisitorInLinks(site.domain) : passVisitorId(site.domain),
      },
    ];
  },

  id_on_session_only({ payments, connections }) {
    const references = byReference(payments, connections);
    const found = current(payments, (payment) => references.has(payment) || isOnly(payment, ON_SESSION));
    if (found.length === 0) return [];
    const byLink = found.filter((payment) => references.has(payment)).length;
    const recurring = found.some((payment) =>
      usable(payment).some((link) => isOn(link, ['session_of_subscription', 'session_of_invoice'])),
    );
    const hint =
      byLink === 0
        ? ''
        : ` ${count(byLink, 'is', 'are')} known by client_reference_id alone. A payment link can carry nothing else: there nothing is to be changed.`;
    return [
      {
        code: 'id_on_session_only',
        severity: recurring ? 'warning' : 'note',
        title: `${count(found.length, 'payment carries', 'payments carry')} the id on the Checkout Session only`,
        detail: `They are attributed as long as Headwater sees the session. Renewals have no session of their own: if the one that began the subscription is not known, they stay unattributed.${hint}`,
        objects: ids(found),
        remedy: setOnObject,
      },
    ];
  },

  id_on_customer_only({ payments, site }) {
    const found = current(payments, (payment) => isOnly(payment, ON_CUSTOMER));
    if (found.length === 0) return [];
    return [
      {
        code: 'id_on_customer_only',
        severity: 'note',
        title: `${count(found.length, 'payment is', 'payments are')} known by the customer alone`,
        detail:
          'Each of a customer’s payments is then credited to the same visitor, also one made on another device after another campaign.',
        objects: ids(found),
        remedy: passVisitorId(site.domain),
      },
    ];
  },

  id_placeholder({ payments }) {
    const junk = current(payments, (payment) => claims(payment).some(({ value }) => !isWellFormedId(value)));
    if (junk.length === 0) return [];
    const values = [
      ...new Set(
        junk
          .flatMap(claims)
          .filter(({ value }) => !isWellFormedId(value))
          .map(({ value }) => value),
      ),
    ];
    const shown = values.slice(0, 3).map((value) => `“${value.slice(0, 40)}”`);
    const harms = junk.some(({ reason }) => reason === 'malformed_visitor_id');
    return [
      {
        code: 'id_placeholder',
        severity: harms ? 'error' : 'warning',
        title: `${count(junk.length, 'payment carries', 'payments carry')} something else where the id belongs`,
        detail: `Found: ${shown.join(', ')}. ${values.some(isPlaceholder) ? 'Such words are the same for everybody and join nobody.' : 'An id has 1–64 letters, digits, “_” or “-”.'}`,
        objects: firstOf(
          junk.flatMap((payment) =>
            claims(payment)
              .filter(({ value }) => !isWellFormedId(value))
              .map(({ object }) => object),
          ),
        ),
        remedy: awaitId,
      },
    ];
  },

  visitor_unknown({ payments, site, scriptTag }) {
    const found = current(payments, ({ reason }) => reason === 'visitor_never_seen');
    if (found.length === 0) return [];
    const values = firstOf(found.flatMap((payment) => usable(payment).map(({ value }) => value))).slice(0, 3);
    if (countsByDay(site.settings)) {
      return [
        {
          code: 'visitor_unknown',
          severity: 'warning',
          title: `${count(found.length, 'payment names', 'payments name')} a visitor by an id that is not counted`,
          detail: `For example ${values.join(', ')}. This site tells its visitors apart by the day; the ids are from cookies that an earlier script left or still sets.`,
          objects: ids(found),
          remedy: script(scriptTag),
        },
      ];
    }
    return [
      {
        code: 'visitor_unknown',
        severity: 'warning',
        title: `${count(found.length, 'payment names', 'payments name')} a visitor who was never seen`,
        detail: `For example ${values.join(', ')}. No hit of these ids reached this site: the page that made them carries another site’s id, or its hits are blocked.`,
        objects: ids(found),
        remedy: {
          text: `Open a page of ${site.domain} and compare the two in the browser’s console: the site must be this one, and the request to /api/event must answer 202.`,
          code: `document.querySelector('script[data-site]').dataset.site; // ${site.id}\ndocument.cookie.match(/hw_visitor_id=([^;]+)/)?.[1];`,
        },
      },
    ];
  },

  visitor_after_payment({ payments, site, scriptTag }) {
    const found = current(payments, ({ reason }) => reason === 'visitor_seen_after_payment');
    if (found.length === 0) return [];
    return [
      {
        code: 'visitor_after_payment',
        severity: 'warning',
        title: `${count(found.length, 'payment was', 'payments were')} made before the visitor was first seen`,
        detail: `The script is on the return page and not on the pages before it, so nothing is known of how they came.${earlier(found, site)}`,
        objects: ids(found),
        remedy: script(scriptTag),
      },
    ];
  },
};

/** The script on the return page looks for this name alone (sdk/src/pixel.ts). */
const RETURN_PARAMETER = 'session_id={CHECKOUT_SESSION_ID}';
/** Stripe’s own page of thanks, where no script could be: of a payment link without an address it is `https://stripe.com`. */
const ENDS_AT_STRIPE = /^https:\/\/([^/]+\.)?stripe\.com([/?#]|$)/;

/** Names that look meant for a visitor id; `attributes` and a museum's `visitors` do not. */
const LOOKALIKE = /visitor(?!s)|headwater|attribu(?!t)|zori|datafast|^hw[_-]/i;

export const PAYMENT_CHECKS: Checks = {
  script_never_seen({ hits, site, scriptTag }) {
    if (hits === null) return { skipped: 'the facts store was not asked' };
    if (hits.last !== null) return [];
    return [
      {
        code: 'script_never_seen',
        severity: 'error',
        title: 'The script has not been seen',
        detail: `No hit has arrived from ${site.domain}. Every payment will be unattributed.`,
        objects: [],
        remedy: script(scriptTag),
      },
    ];
  },

  script_silent({ hits, now, site, scriptTag }) {
    if (hits === null) return { skipped: 'the facts store was not asked' };
    if (hits.last === null || hits.last.occurredAt > now - SILENT_MS) return [];
    return [
      {
        code: 'script_silent',
        severity: 'warning',
        title: 'The script has gone quiet',
        detail: `The last hit from ${site.domain} came on ${new Date(hits.last.occurredAt).toISOString().slice(0, 10)}, from ${hits.last.url}.`,
        objects: [],
        remedy: script(scriptTag),
      },
    ];
  },

  cookie_absent({ hits, site }) {
    if (hits === null) return { skipped: 'the facts store was not asked' };
    if (countsByDay(site.settings)) return { skipped: 'this site counts without cookies' };
    const share = hits.total === 0 ? 0 : hits.withoutVisitor / hits.total;
    if (hits.total < HITS_MIN || share < 0.3) return [];
    return [
      {
        code: 'cookie_absent',
        severity: share > 0.8 ? 'error' : 'warning',
        title: `${Math.round(share * 100)} % of hits carry no visitor id`,
        detail: `${hits.withoutVisitor.toLocaleString('en-US')} of ${hits.total.toLocaleString('en-US')} in the last week. They are counted, and can never be joined with a payment: consent was refused or not asked for yet, the browser signals opt-out, or cookies are blocked.`,
        objects: [],
        remedy: {
          text: 'Look for the cookie in the console of a page that carries the script. If it is missing there, a consent tool or the browser deletes it, or the pages are on another domain than the one that pays.',
          code: `document.cookie.match(/hw_visitor_id=([^;]+)/)?.[1]; // undefined: the cookie is not kept`,
        },
      },
    ];
  },

  coverage_low({ payments, site, now }) {
    const recent = payments.filter(({ occurredAt, reason }) => occurredAt > now - 30 * DAY_MS && reason !== 'pending');
    if (recent.length < PAYMENTS_MIN) return { skipped: 'there are too few payments of the last 30 days to tell' };
    const bare = recent.filter(({ reason }) => reason !== null);
    const share = 1 - bare.length / recent.length;
    if (share >= 0.8) return [];
    return [
      {
        code: 'coverage_low',
        severity: share < 0.5 ? 'error' : 'warning',
        title: `${Math.round(share * 100)} % of recent payments are attributed`,
        detail: `${recent.length - bare.length} of ${recent.length} of the last 30 days.${earlier(bare, site)}`,
        objects: [],
        remedy: say(
          'Mend what is found below, the worst first. Payments made from then on are attributed; earlier ones without any id stay as they are.',
        ),
      },
    ];
  },

  id_under_other_key({ connections, site }) {
    const read = new Set<string>([
      ...VISITOR_METADATA_KEYS,
      ...SESSION_METADATA_KEYS,
      ...site.settings.visitorMetadataKeys,
    ]);
    const lists = connections
      .flatMap(({ checkouts, charges }) => [listed(checkouts), listed(charges)])
      .filter((list) => list.length > 0);
    if (lists.length === 0) return { skipped: 'no recent object could be read' };
    const looksLike = ({ metadataKeys }: Sample) =>
      metadataKeys.some((key) => read.has(key)) ? [] : metadataKeys.filter((key) => LOOKALIKE.test(key));
    const odd = lists.flatMap((list) => current(list, (it) => looksLike(it).length > 0));
    if (odd.length === 0) return [];
    const keys = [...new Set(odd.flatMap(looksLike))].slice(0, 5);
    const found: Finding = {
      code: 'id_under_other_key',
      severity: 'warning',
      title: 'A visitor id may stand under a name that is not read',
      detail: `Metadata keys found: ${keys.join(', ')}.`,
      objects: firstOf(odd.map(({ id }) => id)),
      remedy: renameKey(keys),
    };
    return [found];
  },

  return_address({ connections, payments, site }) {
    const checkouts = connections.flatMap((it) => listed(it.checkouts));
    if (checkouts.length === 0) return { skipped: 'no recent Checkout Session could be read' };
    const isWithout = ({ returnUrl }: Sample) =>
      returnUrl !== null && !returnUrl.includes(RETURN_PARAMETER) && !ENDS_AT_STRIPE.test(returnUrl);
    const without = connections.flatMap((it) => current(listed(it.checkouts), isWithout));
    if (without.length === 0) return [];
    const needed = payments.some(({ reason }) => reason === 'no_visitor_id' || reason === 'malformed_visitor_id');
    return [
      {
        code: 'return_address',
        severity: needed ? 'warning' : 'note',
        title: `${count(without.length, 'Checkout Session')} of the newest ${checkouts.length} return without ${RETURN_PARAMETER}`,
        detail: `For example to ${without[0]!.returnUrl}. With it the return page itself tells whose payment it was, also when metadata is missing.`,
        objects: firstOf(without.map(({ id }) => id)),
        remedy: returnAddress(site.domain),
      },
    ];
  },

  shared_identity({ shared }) {
    return shared.slice(0, 5).map(({ kind, value, visitors }) => ({
      code: 'shared_identity' as const,
      severity: 'warning' as const,
      title: `${count(visitors, 'visitor')} share one ${kind}`,
      detail: `${kind} ${value.slice(0, 80)}: that is not one person, so it joins nobody.`,
      objects: kind === 'customer' ? [value] : [],
      remedy: identify,
    }));
  },

  ...PLACE_CHECKS,
};
