import type { ProviderObject } from '../core/payment.ts';
import type { Secrets } from '../secrets.ts';
import type { Connection, InboxRow, Records, Site } from '../storage/records/records.ts';
import { keyPlace } from './connect.ts';
import { bodyPlace } from './inbox.ts';
import { KeyRefused } from './provider.ts';
import type { Provider, ReadEvent } from './provider.ts';

/** Retrying cannot help: the row goes to the dead letters at once, where people see it and may replay it. */
export class Hopeless extends Error {
  override name = 'Hopeless';
}

/** A webhook that was opened and read, and what it says. */
export interface ReadRow {
  row: InboxRow;
  connection: Connection;
  site: Site;
  objects: readonly ProviderObject[];
  named: ReadEvent['named'];
  twin: string | null;
}

/** Opens a webhook of the inbox and reads it, and what it only names. @throws Hopeless, and what the provider throws */
export function createReading(options: {
  records: Records;
  secrets: Secrets;
  provider: Pick<Provider, 'read' | 'fetch'>;
}) {
  const { records, secrets, provider } = options;

  async function read(row: InboxRow): Promise<ReadRow> {
    const connection = await records.connections.get(row.connection);
    const site = connection && (await records.sites.get(connection.site));
    if (!connection || !site) throw new Hopeless('its connection or site does not exist any more');
    if (row.body === null) throw new Hopeless('its body was purged; `stripe backfill` reads the account again');
    const body = secrets.open(row.body, bodyPlace(row.connection, row.eventId));
    const event = provider.read(body, { visitorMetadataKeys: site.settings.visitorMetadataKeys });
    return { row, connection, site, objects: event.objects, named: event.named, twin: event.twin ?? null };
  }

  /** Thin events carry no data: what they name is asked for before there is anything to book. */
  async function fetchNamed(connection: Connection, site: Site, named: readonly Parameters<Provider['fetch']>[1][]) {
    const objects: ProviderObject[] = [];
    for (const want of named) {
      if (connection.sealedKey === null)
        throw new Hopeless('a thin event, and there is no key to fetch its object with');
      const key = secrets.open(connection.sealedKey, keyPlace(connection.id));
      const fetched = await provider.fetch(key, want, { visitorMetadataKeys: site.settings.visitorMetadataKeys });
      if (fetched.status === 'forbidden')
        throw new Hopeless(`a thin event whose object may not be read: ${fetched.reason}`);
      // Asked again, in the end by a person: what it was about is known from nowhere else.
      if (fetched.status === 'refused') throw new KeyRefused(`Stripe refuses the key: ${fetched.reason}`);
      if (fetched.status === 'found') objects.push(...fetched.objects);
    }
    return objects;
  }

  return { read, fetchNamed };
}
