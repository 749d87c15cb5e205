import type { Link } from '../../core/link.ts';
import type { Payment, ProviderObject } from '../../core/payment.ts';

/** Reading and writing several payments at once: a page of a list is booked in few statements. */
export interface PaymentsTogether {
  upsertMany(payments: readonly Payment[]): Promise<void>;
  getMany(site: string, ids: readonly string[]): Promise<Payment[]>;
  /** Payment → its links; one without links is not in it. */
  linksOf(site: string, ids: readonly string[]): Promise<Map<string, Link[]>>;
  /** For payments that have no links. */
  addLinks(site: string, rows: readonly { payment: string; links: readonly Link[] }[]): Promise<void>;
}

export interface ObjectsTogether {
  putMany(
    connection: string,
    rows: readonly { object: ProviderObject; references: readonly string[] }[],
  ): Promise<void>;
}
