import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { ConnectionsAnswer, ReplayAnswer } from '../../http/contract.ts';
import { send } from '../api.ts';
import { connectionsQuery, pathOf } from '../queries.ts';
import { formatMoment } from '../time.ts';
import { Button } from './controls.tsx';
import { ErrorNote, Note } from './states.tsx';

type Letter = ConnectionsAnswer['dead_letters'][number];

interface Props {
  letters: readonly Letter[];
  siteId: string;
  timezone: string;
}

/** Events that were given up: why, and the way back. Replaying is safe at any time; nothing is booked twice. */
export function DeadLetters({ letters, siteId, timezone }: Props) {
  const replay = useReplay(siteId);
  // One that cannot be processed is back within a second; one that can is gone. Either way something should be said.
  const outcome = replay.isSuccess ? (
    <p className="label mt-2" role="status" data-testid="replayed">
      {replay.data.replayed === 1 ? '1 event is' : `${replay.data.replayed} events are`} processed once more. What fails
      again comes back to this list.
    </p>
  ) : null;
  if (letters.length === 0) return outcome;
  const open = letters.filter(({ replayable }) => replayable).length;
  return (
    <section aria-label="Dead letters" data-testid="dead-letters">
      <Note tone="down">
        <div className="flex flex-wrap items-start gap-x-4 gap-y-2">
          <div className="min-w-0 flex-1 basis-64">
            <h2 className="font-semibold">Dead letters</h2>
            <p className="label">
              Events that could not be processed. Remove the reason, then replay them; they are kept for 30 days.
            </p>
          </div>
          {open > 1 ? (
            <Button onClick={() => replay.mutate(null)} busy={replay.isPending} data-testid="replay-all">
              Replay all
            </Button>
          ) : null}
        </div>
        <ul className="mt-2 divide-y divide-line">
          {letters.map((letter) => (
            <LetterRow
              key={letter.event_id}
              letter={letter}
              timezone={timezone}
              isBusy={replay.isPending}
              onReplay={() => replay.mutate(letter.event_id)}
            />
          ))}
        </ul>
        {outcome}
        {replay.error ? <ErrorNote error={replay.error} /> : null}
      </Note>
    </section>
  );
}

function useReplay(siteId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (event: string | null) => {
      const which = event === null ? '' : `/${encodeURIComponent(event)}`;
      return send<ReplayAnswer>('POST', pathOf(siteId, `/stripe/dead-letters${which}/replay`));
    },
    onSettled: () => client.invalidateQueries({ queryKey: connectionsQuery(siteId).queryKey }),
  });
}

interface RowProps {
  letter: Letter;
  timezone: string;
  isBusy: boolean;
  onReplay: () => void;
}

function LetterRow({ letter, timezone, isBusy, onReplay }: RowProps) {
  return (
    <li className="flex flex-wrap items-start gap-x-4 gap-y-2 py-2.5" data-testid="dead-letter">
      <div className="min-w-0 flex-1 basis-64">
        <p className="flex flex-wrap items-baseline gap-x-3">
          <code className="font-mono text-[0.85rem] break-all">{letter.event_id}</code>
          <span>{letter.type}</span>
          <time className="label" dateTime={letter.received_at}>
            {formatMoment(letter.received_at, timezone, true)}
          </time>
        </p>
        <p className="text-[0.9rem] break-words text-down">{letter.error ?? 'No error was recorded.'}</p>
      </div>
      {letter.replayable ? (
        <Button onClick={onReplay} busy={isBusy} aria-label={`Replay ${letter.event_id}`} data-testid="replay">
          Replay
        </Button>
      ) : (
        <span className="label basis-full">Its content was purged: read the history again.</span>
      )}
    </li>
  );
}
