import { SESSION_METADATA_KEYS, VISITOR_METADATA_KEYS } from '../core/link.ts';
import type { Evidence } from '../core/payment.ts';
import { isEmail, record, text, withoutEmails } from './fields.ts';

const VALUE_MAX = 500;

export interface EvidenceContext {
  /** Epoch ms: the event's creation, or the time of the fetch. */
  seenAt: number;
  visitorMetadataKeys: readonly string[];
  /** Keyed hash: addresses leave this folder only as that. */
  hash: (value: string) => string;
}

/** Ids under the metadata keys that are read, as found. `prefix` is the path of the metadata in the object. */
export function metadataEvidence(metadata: unknown, prefix: string, context: EvidenceContext): Evidence[] {
  const values = record(metadata);
  const keys = new Set([...VISITOR_METADATA_KEYS, ...SESSION_METADATA_KEYS, ...context.visitorMetadataKeys]);
  return [...keys].flatMap((key) => {
    const value = Object.hasOwn(values, key) ? text(values[key], VALUE_MAX) : null;
    return value === null ? [] : [{ field: `${prefix}.${key}`, value: withoutEmails(value), seenAt: context.seenAt }];
  });
}

/** Some shops write the customer's address where an id belongs: it is compared as any other address, by its hash. */
export function textEvidence(value: unknown, field: string, context: EvidenceContext): Evidence[] {
  const found = text(value, VALUE_MAX);
  if (found !== null && isEmail(found)) return emailEvidence(found, `${field}.email`, context);
  return found === null ? [] : [{ field, value: withoutEmails(found), seenAt: context.seenAt }];
}

/** Hash of the address in the form that identify() hits use: without spaces around, lower case. */
export function emailHash(value: unknown, context: EvidenceContext): string | null {
  const address = text(value, VALUE_MAX)?.trim().toLowerCase() ?? '';
  return address.includes('@') ? context.hash(address) : null;
}

export function emailEvidence(value: unknown, field: string, context: EvidenceContext): Evidence[] {
  const hash = emailHash(value, context);
  return hash === null ? [] : [{ field, value: hash, seenAt: context.seenAt }];
}
