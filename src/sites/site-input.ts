import { isIP } from 'node:net';
import { parse } from 'tldts';

/** What a person says about a site, brought into the one form that is stored. Shared by the API and the command line. */
export interface SiteInput {
  name: string;
  domain: string;
  timezone: string;
  currency: string;
}
export type Checked<T> = { ok: true; value: T } | { ok: false; code: 'invalid'; field: string; message: string };

// Stripe's presentment currencies (docs.stripe.com/currencies).
const CURRENCIES = new Set(
  (
    'aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd bwp byn bzd cad cdf chf clp ' +
    'cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd hnl htg huf idr ils inr ' +
    'isk jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop mur mvr mwk mxn ' +
    'myr mzn nad ngn nio nok npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr sek sgd shp sle ' +
    'sos srd std szl thb tjs tnd top try ttd twd tzs uah ugx usd uyu uzs vnd vuv wst xaf xcd xcg xof xpf yer zar zmw'
  ).split(' '),
);

const refuse = (field: string, message: string) =>
  ({ ok: false, code: 'invalid', field, message: `${field}: ${message}` }) as const;

/** Checks the fields that are given; a change names only some. */
export function checkSite<T extends Partial<SiteInput>>(input: T): Checked<T> {
  const value: Partial<SiteInput> = { ...input };
  if (input.name !== undefined) {
    value.name = input.name.trim();
    if (value.name === '' || value.name.length > 100) return refuse('name', 'give a name of 1 to 100 characters');
  }
  if (input.domain !== undefined) {
    const domain = siteDomain(input.domain);
    if (domain === null) {
      const given = input.domain.slice(0, 100);
      return refuse('domain', `"${given}" is not a site's host name; give one like example.com or shop.example.com`);
    }
    value.domain = domain;
  }
  if (input.timezone !== undefined) {
    const timezone = ianaZone(input.timezone.trim());
    if (timezone === null) {
      const given = input.timezone.slice(0, 100);
      return refuse('timezone', `"${given}" is not an IANA time zone; give one like Europe/Berlin or UTC`);
    }
    value.timezone = timezone;
  }
  if (input.currency !== undefined) {
    value.currency = input.currency.trim().toLowerCase();
    if (!CURRENCIES.has(value.currency)) {
      const given = input.currency.slice(0, 100);
      return refuse('currency', `"${given}" is not a currency Stripe knows; give a three-letter code like usd or eur`);
    }
  }
  return { ok: true, value: value as T };
}

/**
 * The host of what was typed: people paste addresses. `www.` is cut, because hits of the bare domain would otherwise be
 * a stranger's. Addresses and localhost are sites of somebody's own machine.
 */
export function siteDomain(text: string): string | null {
  const given = text.trim();
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(given) ? given : `http://${isIP(given) === 6 ? `[${given}]` : given}`;
  if (!URL.canParse(address)) return null;
  const url = new URL(address);
  if (!/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') return null;
  const host = url.hostname.replace(/\.$/, '').replace(/^www\./, '');
  const { isIp, publicSuffix } = parse(host, { allowPrivateDomains: true });
  if (isIp || host === 'localhost') return host.replace(/^\[(.*)\]$/, '$1');
  if (!/^(?=.{4,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z][a-z0-9-]{1,62}$/.test(host)) return null;
  // A whole registry's suffix (co.uk, github.io) belongs to nobody.
  return host === publicSuffix ? null : host;
}

function ianaZone(given: string): string | null {
  // Offsets such as +02:00 pass Intl but are no zones: they know no summer time, and ClickHouse refuses them.
  if (!/^[A-Za-z][A-Za-z0-9_+/-]{1,63}$/.test(given)) return null;
  try {
    const known = new Intl.DateTimeFormat('en', { timeZone: given }).resolvedOptions().timeZone;
    // An alias (Asia/Kolkata) keeps its name when it is written properly; otherwise the known spelling is taken.
    return /^[A-Z]/.test(given) && known.toLowerCase() !== given.toLowerCase() ? given : known;
  } catch {
    return null;
  }
}
