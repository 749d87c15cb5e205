import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { formatCount } from '../money.ts';
import { client, recomputeQuery } from '../queries.ts';
import { Note } from './states.tsx';

const BUSY_MS = 1_500;
const IDLE_MS = 30_000;
/** New payments wait for a moment, too: that is no news. */
const NEWS_FROM = 50;

/** Payments are being credited again: how far it is, and that reports change meanwhile. */
export function RecomputeNote({ siteId }: { siteId: string }) {
  const status = useQuery({
    ...recomputeQuery(siteId),
    refetchInterval: ({ state }) => (state.data && isBusy(state.data) ? BUSY_MS : IDLE_MS),
  });
  const busy = status.data !== undefined && isBusy(status.data);
  const wasBusy = useRef(false);
  useEffect(() => {
    if (wasBusy.current && !busy) void client.invalidateQueries({ queryKey: ['report', siteId] });
    wasBusy.current = busy;
  }, [busy, siteId]);
  if (!status.data || !busy) return null;
  const { state, requested, waiting, payments } = status.data;
  const done = Math.max(0, (state === 'idle' ? payments : requested) - waiting);
  return (
    <Note testId="recompute">
      <p role="status">
        Payments are being credited again: {formatCount(done)} of {formatCount(payments)}. Reports change until it is
        done.
      </p>
      <progress className="meter mt-2" max={Math.max(1, payments)} value={done} aria-label="Credited again" />
    </Note>
  );
}

function isBusy({ state, waiting }: { state: string; waiting: number }): boolean {
  return state !== 'idle' || waiting >= NEWS_FROM;
}
