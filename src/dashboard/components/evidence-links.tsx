import type { IdentityAnswer } from '../../http/contract-identity.ts';
import type { PaymentDetailAnswer } from '../../http/contract.ts';
import { formatMoment } from '../time.ts';
import { CLAIM_NAMES, objectName } from '../words.ts';
import { LinkVerdict } from './link-verdict.tsx';
import { Badge } from './states.tsx';

const CODE = 'block truncate font-mono text-[0.85rem] md:max-w-64';

type Row = PaymentDetailAnswer['links'][number] & Partial<Pick<IdentityAnswer['links'][number], 'id' | 'rejected'>>;

/** A table; on a phone each line of evidence is a small card. Of a link whose id is known, a person may reject it. */
export function EvidenceLinks({
  links,
  timezone,
  siteId,
  paymentId,
}: {
  links: readonly Row[];
  timezone: string;
  siteId: string;
  paymentId: string;
}) {
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
          <LinkRow
            key={`${link.object} ${link.field} ${link.value}`}
            link={link}
            timezone={timezone}
            siteId={siteId}
            paymentId={paymentId}
          />
        ))}
      </tbody>
    </table>
  );
}

function LinkRow({
  link,
  timezone,
  siteId,
  paymentId,
}: {
  link: Row;
  timezone: string;
  siteId: string;
  paymentId: string;
}) {
  const faded = link.rejected ? 'line-through decoration-muted' : '';
  return (
    <tr
      data-testid="link"
      data-used={link.used}
      className={`border-t border-line max-md:flex max-md:flex-col max-md:gap-1 max-md:px-4 max-md:py-3 md:first:border-t-0 ${link.used ? 'bg-accent-soft/50' : ''}`}
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
        <code className={`${CODE} ${faded}`} title={link.value}>
          {link.value}
        </code>
      </td>
      <td className="label whitespace-nowrap md:py-2 md:pr-4">{formatMoment(link.seen_at, timezone, true)}</td>
      <td className="md:py-2 md:pr-5">
        <span className="flex flex-wrap items-center gap-x-3 gap-y-1 md:justify-end">
          {link.used ? <Badge tone="good">Used</Badge> : null}
          {link.rejected ? <Rejected word={link.rejected} timezone={timezone} /> : null}
          {link.id ? (
            <LinkVerdict
              siteId={siteId}
              paymentId={paymentId}
              link={link.id}
              isRejected={Boolean(link.rejected)}
              name={`${link.field} ${link.value}`}
            />
          ) : null}
        </span>
      </td>
    </tr>
  );
}

export function Rejected({ word, timezone }: { word: { at: string; by: string; why: string }; timezone: string }) {
  return (
    <span className="label" data-testid="rejected">
      <Badge tone="down">Rejected</Badge> by {word.by}, {formatMoment(word.at, timezone)}
      {word.why === '' ? '' : `: ${word.why}`}
    </span>
  );
}
