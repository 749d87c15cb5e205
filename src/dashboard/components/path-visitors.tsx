import { Link } from '@tanstack/react-router';
import type { IdentityAnswer } from '../../http/contract-identity.ts';
import type { Mode } from '../../core/payment.ts';
import { formatMoment } from '../time.ts';
import { Rejected } from './evidence-links.tsx';
import { LinkVerdict } from './link-verdict.tsx';
import { Badge } from './states.tsx';

type Visitor = IdentityAnswer['visitors'][number];
type Joined = Visitor['joined_by'][number];

const mono = 'font-mono text-[0.85rem] break-all text-ink';

function Reason({ join, siteId, mode }: { join: Joined; siteId: string; mode: Mode }) {
  switch (join.by) {
    case 'payment':
      return (
        <>
          named by <code className={mono}>{join.field}</code> of <code className={mono}>{join.object}</code>
        </>
      );
    case 'customer':
      return (
        <>
          same customer <code className={mono}>{join.object}</code>: it made{' '}
          <Link
            to="/sites/$siteId/payments/$paymentId"
            params={{ siteId, paymentId: join.with ?? '' }}
            search={{ mode }}
            className="text-link font-mono text-[0.85rem] break-all"
          >
            {join.with}
          </Link>
        </>
      );
    case 'hand_over':
      return (
        <>
          handed over from another of the site’s domains: <code className={mono}>{join.value}</code> →{' '}
          <code className={mono}>{join.object}</code>
        </>
      );
    default:
      return (
        <>
          gave the same {join.by === 'app_id' ? 'app id' : 'e-mail address (as a hash)'}{' '}
          <code className={mono}>{join.value}</code>
          {join.with === null ? null : (
            <>
              {' '}
              as <code className={mono}>{join.with}</code>
            </>
          )}
        </>
      );
  }
}

/** Which visitors make the path, why each is thought to be the same person, and what a person said against it. */
export function PathVisitors({
  identity,
  siteId,
  paymentId,
  mode,
  timezone,
}: {
  identity: IdentityAnswer;
  siteId: string;
  paymentId: string;
  mode: Mode;
  timezone: string;
}) {
  const verdict = { siteId, paymentId };
  return (
    <ul className="divide-y divide-line border-t border-line" data-testid="path-visitors">
      {identity.visitors.map(({ visitor_id: id, own, joined_by: joins }) => (
        <li key={id} className="px-4 py-3 sm:px-5" data-testid="path-visitor">
          <p className="flex flex-wrap items-center gap-x-2">
            <Link
              to="/sites/$siteId/visitors/$visitorId"
              params={{ siteId, visitorId: id }}
              search={{ mode }}
              className="text-link font-mono text-[0.9rem] break-all"
            >
              {id}
            </Link>
            {own ? <Badge tone="good">Paid</Badge> : <Badge>Joined</Badge>}
          </p>
          {joins.map((join) => (
            <p key={`${join.id} ${join.with}`} className="label mt-1 flex flex-wrap items-baseline gap-x-3 gap-y-1">
              <span className="min-w-0">
                <Reason join={join} siteId={siteId} mode={mode} />
                {join.by === 'customer' ? '' : `, ${formatMoment(join.seen_at, timezone)}`}
              </span>
              {join.by === 'payment' ? null : (
                <LinkVerdict {...verdict} link={join.id} isRejected={false} name={`${join.field} ${join.value}`} />
              )}
            </p>
          ))}
        </li>
      ))}
      {identity.rejected.map(({ id, object, field, value, ...word }) => (
        <li key={id} className="px-4 py-3 sm:px-5" data-testid="rejected-join">
          <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <span className="min-w-0 text-muted line-through decoration-muted">
              <code className={mono}>{object}</code> {field.replaceAll(/[._]/g, ' ')}{' '}
              <code className={mono}>{value}</code>
            </span>
            <Rejected word={word} timezone={timezone} />
            <LinkVerdict {...verdict} link={id} isRejected name={`${field} ${value}`} />
          </p>
        </li>
      ))}
    </ul>
  );
}
