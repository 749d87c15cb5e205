import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { Reader } from 'mmdb-lib';
import type { Location } from '../core/event.ts';
import timezones from './timezone-country.json' with { type: 'json' };

/** Turns what a request says about its place into a location. The address is read here and kept nowhere. */
export type Locate = (place: { address: string; timezone: string; proxyCountry: string }) => Location;

const COUNTRY = /^[A-Z]{2}$/;
/** What proxies answer for "unknown" (XX) and for Tor (T1). */
const NO_COUNTRY = new Set(['XX', 'ZZ', 'T1']);
const COUNTRY_OF_ZONE = new Map(Object.entries(timezones.zones));
const NAME_CHARS = 100;

/**
 * In this order: the operator's database (MaxMind format, any vendor), the country header of a trusted proxy, the
 * country of the browser's time zone, marked approximate.
 * @throws Error when the database cannot be read: a setting that does nothing would be noticed months later
 */
export async function createLocate(options: { mmdbPath?: string | null } = {}): Promise<Locate> {
  const lookUp = options.mmdbPath ? await openDatabase(options.mmdbPath) : null;
  return ({ address, timezone, proxyCountry }) => {
    const found = lookUp === null || address === '' ? null : lookUp(address);
    if (found && found.country !== '') return found;
    const proxy = proxyCountry.toUpperCase();
    if (COUNTRY.test(proxy) && !NO_COUNTRY.has(proxy)) return locationOf(proxy, false);
    const country = COUNTRY_OF_ZONE.get(timezone) ?? '';
    return locationOf(country, country !== '');
  };
}

function locationOf(country: string, locationApproximate: boolean): Location {
  return { country, region: '', city: '', locationApproximate };
}

async function openDatabase(path: string): Promise<(address: string) => Location | null> {
  let reader: Reader<never>;
  try {
    reader = new Reader(await readFile(path));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`the location database ${path} cannot be read (${reason}); give the path of an .mmdb file`, {
      cause: error,
    });
  }
  return (address) => {
    if (isIP(address) === 0) return null;
    try {
      return readRecord(reader.get(address));
    } catch {
      // A database without IPv6, or a damaged branch of it: no location is an answer, a lost hit is not.
      return null;
    }
  };
}

/** City databases nest names by language (GeoIP2, DB-IP); some vendors write flat texts (`country_code`, `region`, `city`). */
function readRecord(record: unknown): Location | null {
  const country =
    text(at(record, 'country', 'iso_code')) || text(at(record, 'country_code')) || text(at(record, 'country'));
  if (!COUNTRY.test(country)) return null;
  const region = text(at(record, 'subdivisions', '0', 'names', 'en')) || text(at(record, 'region'));
  const city = text(at(record, 'city', 'names', 'en')) || text(at(record, 'city'));
  return { country, region, city, locationApproximate: false };
}

function at(value: unknown, ...path: string[]): unknown {
  let here = value;
  for (const key of path)
    here = typeof here === 'object' && here !== null ? (here as Record<string, unknown>)[key] : null;
  return here;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, NAME_CHARS) : '';
}
