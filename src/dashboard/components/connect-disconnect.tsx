import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { ConnectionAnswer, DisconnectAnswer } from '../../http/contract.ts';
import { send } from '../api.ts';
import { connectionsQuery, pathOf } from '../queries.ts';
import { Button } from './controls.tsx';
import { ErrorNote } from './states.tsx';

/** Ends a connection, after asking. What it booked stays, and connecting the account again goes on with it. */
export function Disconnect({ siteId, connection }: { siteId: string; connection: ConnectionAnswer }) {
  const client = useQueryClient();
  const [isAsked, setAsked] = useState(false);
  const end = useMutation({
    mutationFn: () => send<DisconnectAnswer>('DELETE', pathOf(siteId, `/stripe/${encodeURIComponent(connection.id)}`)),
    onSuccess: () => client.invalidateQueries({ queryKey: connectionsQuery(siteId).queryKey }),
  });
  if (end.data?.left) {
    return (
      <p className="mt-2 text-[0.9rem] text-warn" role="status" data-testid="disconnect-left">
        Left to do: {end.data.left}.
      </p>
    );
  }
  if (connection.status === 'disconnected') return null;
  return (
    <div className="mt-3">
      {isAsked ? (
        <div className="flex flex-wrap items-center gap-2" role="group" aria-label="Confirm disconnecting">
          <span className="label basis-full sm:basis-auto">
            Key and webhook secrets are forgotten, our endpoint is deleted. Payments stay.
          </span>
          <Button onClick={() => end.mutate()} busy={end.isPending} data-testid="disconnect-confirm">
            <span className="text-down">Disconnect</span>
          </Button>
          <Button onClick={() => setAsked(false)}>Keep</Button>
        </div>
      ) : (
        <Button
          onClick={() => setAsked(true)}
          aria-label={`Disconnect ${connection.account ?? 'the Stripe account'}`}
          data-testid="disconnect"
        >
          Disconnect
        </Button>
      )}
      {end.error ? <ErrorNote error={end.error} /> : null}
    </div>
  );
}
