import type { PaymentDetailAnswer } from '../../http/contract.ts';
import { formatMoment } from '../time.ts';
import { CLAIM_NAMES, objectName } from '../words.ts';
import { Badge } from './states.tsx';

const CODE = 'block truncate font-mono text-[0.85rem] md:max-w-64';

/** A table; on a phone each line of evidence is a small card. */
export function EvidenceLinks({ links, timezone }: { links: PaymentDetailAnswer['links']; timezone: string }) {
  if (links.length === 0) {
    return (
      <p className="px-5 pb-5 text-muted" data-testid="no-links">
        None: no Stripe object of this payment carries a visitor id.
      </p>
    );
  }
  return (
    <table className="w-full max-md:block" data-testid="links">
      <thead className="label border-b border-line text-left max-md:hidden">
        <tr>
          <th className="py-2 pr-4 pl-5 font-normal">Object</th>
          <th className="py-2 pr-4 font-normal">Field</th>
          <th className="py-2 pr-4 font-normal">Value</th>
          <th className="py-2 pr-4 font-normal">Seen</th>
          <th className="py-2 pr-5 font-normal" aria-label="Used" />
        </tr>
      </thead>
      <tbody className="max-md:block">
        {links.map((link) => (
          <tr
            key={`${link.object} ${link.field} ${link.value}`}
            data-testid="link"
            data-used={link.used}
            className={`border-t border-line max-md:relative max-md:flex max-md:flex-col max-md:gap-1 max-md:px-4 max-md:py-3 md:first:border-t-0 ${link.used ? 'bg-accent-soft/50' : ''}`}
          >
            <td className="min-w-0 md:py-2 md:pr-4 md:pl-5">
              <span className="block">{objectName(link.object)}</span>
              <span className="label block truncate font-mono md:max-w-56" title={link.object}>
                {link.object}
              </span>
            </td>
            <td className="min-w-0 md:py-2 md:pr-4">
              <code className={CODE} title={link.field}>
                {link.field}
              </code>
              <span className="label">{CLAIM_NAMES[link.claim] ?? link.claim}</span>
            </td>
            <td className="min-w-0 md:py-2 md:pr-4">
              <code className={CODE} title={link.value}>
                {link.value}
              </code>
            </td>
            <td className="label whitespace-nowrap md:py-2 md:pr-4">{formatMoment(link.seen_at, timezone, true)}</td>
            <td className="text-right max-md:absolute max-md:top-3 max-md:right-4 md:py-2 md:pr-5">
              {link.used ? <Badge tone="good">Used</Badge> : null}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
