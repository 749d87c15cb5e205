import { useMutation } from '@tanstack/react-query';
import { send } from '../api.ts';
import { pathOf } from '../queries.ts';
import { Button } from './controls.tsx';
import { Note } from './states.tsx';

/** Stripe's own page instead of a key, where the operator has set it up. */
export function ConnectByStripe({ siteId }: { siteId: string }) {
  const begin = useMutation({
    mutationFn: () => send<{ url: string }>('POST', pathOf(siteId, '/stripe/oauth')),
    onSuccess: ({ url }) => location.assign(url),
  });
  return (
    <section
      className="panel flex flex-col gap-3 p-4 sm:p-5"
      aria-label="Connect with Stripe"
      data-testid="connect-oauth"
    >
      <h2 className="font-semibold">Connect with Stripe</h2>
      <p className="text-muted">
        Sign in at Stripe and agree; no key to copy. Stripe’s page will ask for read and write access, because it offers
        nothing less. Headwater only reads, apart from the webhook endpoint it makes for itself. If you prefer that
        nobody else can write, paste a restricted key below instead.
      </p>
      <div>
        <Button look="primary" onClick={() => begin.mutate()} busy={begin.isPending} data-testid="connect-oauth-begin">
          Connect with Stripe
        </Button>
      </div>
      {begin.error ? (
        <Note tone="down">
          <span role="alert">{begin.error.message}</span>
        </Note>
      ) : null}
    </section>
  );
}

/** What Stripe's page ended with, from the address it came back to. */
export function OAuthOutcome({ outcome }: { outcome: string | undefined }) {
  if (outcome === undefined) return null;
  if (outcome === 'connected') return <Note testId="oauth-outcome">Stripe is connected.</Note>;
  return (
    <Note tone="down" testId="oauth-outcome">
      <span role="alert">Not connected: {outcome}</span>
    </Note>
  );
}
