import type { ConnectionAnswer, ConnectionsAnswer } from '../../http/contract.ts';
import { CheckIcon, WarningIcon } from './icons.tsx';

type Permission = ConnectionsAnswer['permissions'][number];

/** What a restricted key needs, for whoever fills Stripe's form by hand. */
export function WantedPermissions({ permissions }: { permissions: readonly Permission[] }) {
  return (
    <ul className="grid gap-x-6 gap-y-0.5 sm:grid-cols-3" aria-label="Permissions" data-testid="permissions">
      {permissions.map(({ name, label, access }) => (
        <li key={name} className="flex items-baseline gap-1.5 text-[0.9rem]" title={name}>
          <span className="size-1 shrink-0 -translate-y-0.5 rounded-full bg-accent" aria-hidden="true" />
          <span>
            {label}
            {access === 'write' ? <span className="text-muted">: Write</span> : null}
          </span>
        </li>
      ))}
    </ul>
  );
}

/** What a connected key may do, and what stops working without the rest. */
export function KeyPermissions({
  connection,
  permissions,
}: {
  connection: ConnectionAnswer;
  permissions: readonly Permission[];
}) {
  const answers = connection.permissions;
  if (answers === null) return null;
  const missing = permissions.filter(({ name }) => answers[name] === 'missing');
  const unknown = permissions.filter(({ name }) => (answers[name] ?? 'unknown') === 'unknown');
  const granted = permissions.length - missing.length - unknown.length;
  const isWhole = granted === permissions.length;
  return (
    <div className="mt-3 border-t border-line pt-3" data-testid="key-permissions">
      <p className="flex items-center gap-2">
        <span className={isWhole ? 'text-accent' : 'text-warn'}>{isWhole ? <CheckIcon /> : <WarningIcon />}</span>
        <span>
          {missing.length > 0
            ? `The key has ${granted} of ${permissions.length} permissions`
            : unknown.length > 0
              ? `The key has ${granted} permissions; ${unknown.length} could not be checked yet and will be tried again`
              : 'The key has every permission Headwater uses'}
        </span>
      </p>
      {missing.length > 0 ? (
        <details className="mt-1.5" open={missing.length <= 3}>
          <summary className="cursor-pointer text-[0.95rem]">
            <span className="text-link">What stops working without the other {missing.length}</span>
          </summary>
          <dl className="mt-2 flex flex-col gap-2 text-[0.9rem]">
            {missing.map(({ name, label, without }) => (
              <div key={name} data-testid="permission-missing">
                <dt>
                  <span className="font-medium">{label}</span>{' '}
                  <code className="font-mono text-[0.82rem] text-muted">{name}</code>
                </dt>
                <dd className="text-muted">{without.charAt(0).toUpperCase() + without.slice(1)}.</dd>
              </div>
            ))}
          </dl>
        </details>
      ) : null}
    </div>
  );
}
