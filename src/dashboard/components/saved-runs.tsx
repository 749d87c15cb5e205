import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { send } from '../api.ts';
import { formError, fieldError, useForm } from '../form.ts';
import { pathOf, runsQuery } from '../queries.ts';
import { formatMoment } from '../time.ts';
import { settingsText } from '../words.ts';
import { Button, Field } from './controls.tsx';
import { ErrorNote, Note, Skeleton } from './states.tsx';

/** Answers that were kept, so that a number that was shown can be found again. */
export function SavedRuns({
  siteId,
  timezone,
  question,
  shown,
  onShow,
}: {
  siteId: string;
  timezone: string;
  /** What the page asks now; null: it shows a saved run. */
  question: string | null;
  shown: string | undefined;
  onShow: (id: string | undefined) => void;
}) {
  const client = useQueryClient();
  const runs = useQuery(runsQuery(siteId));
  const again = () => client.invalidateQueries({ queryKey: ['runs', siteId], exact: true });
  const remove = useRemoval(siteId, (id) => {
    if (id === shown) onShow(undefined);
    return again();
  });
  return (
    <section className="panel px-4 py-4 sm:px-5" aria-label="Saved runs" data-testid="saved-runs">
      <h2 className="font-semibold">Saved runs</h2>
      <p className="label mt-0.5 mb-3">
        The question, the settings and the answer as it was: a number that was shown can be found again.
      </p>
      {question === null ? null : <SaveForm siteId={siteId} question={question} onSaved={again} />}
      {remove.error ? <ErrorNote error={remove.error} /> : null}
      {runs.error ? <ErrorNote error={runs.error} retry={() => void runs.refetch()} /> : null}
      {runs.isPending ? <Skeleton className="h-10 w-full" /> : null}
      {runs.data?.length === 0 ? <p className="text-muted">None yet.</p> : null}
      <ul className="flex flex-col">
        {runs.data?.map((run) => (
          <li
            key={run.id}
            className="flex flex-wrap items-center gap-x-4 gap-y-1 border-t border-line py-2"
            data-testid="saved-run"
          >
            <div className="min-w-0 flex-1 basis-60">
              <button
                type="button"
                className="block max-w-full truncate text-left font-medium hover:text-accent"
                title={run.name}
                aria-pressed={run.id === shown}
                onClick={() => onShow(run.id === shown ? undefined : run.id)}
              >
                {run.name}
              </button>
              <p className="label truncate" title={run.question}>
                {formatMoment(run.created_at, timezone)} · {settingsText(run.settings)}
              </p>
            </div>
            <Button onClick={() => onShow(run.id === shown ? undefined : run.id)}>
              {run.id === shown ? 'Hide' : 'Show'}
            </Button>
            <Button
              aria-label={`Delete ${run.name}`}
              busy={remove.isPending && remove.variables === run.id}
              onClick={() => remove.mutate(run.id)}
            >
              Delete
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function SaveForm({ siteId, question, onSaved }: { siteId: string; question: string; onSaved: () => Promise<void> }) {
  const form = useForm(({ name }) => send('POST', pathOf(siteId, '/runs'), { name, question }), onSaved);
  const refused = formError(form.error, ['name']);
  return (
    <form onSubmit={form.onSubmit} className="mb-3 flex flex-wrap items-end gap-2" data-testid="save-run">
      <div className="min-w-0 flex-1 basis-56">
        <Field
          label="Save what is shown as"
          name="name"
          required
          maxLength={100}
          placeholder="Board, November"
          error={fieldError(form.error, 'name')}
        />
      </div>
      <Button type="submit" busy={form.isPending}>
        Save
      </Button>
      {refused ? (
        <div className="basis-full">
          <Note tone="down">
            <span role="alert">{refused}</span>
          </Note>
        </div>
      ) : null}
    </form>
  );
}

function useRemoval(siteId: string, onRemoved: (id: string) => Promise<void>) {
  return useMutation({
    mutationFn: (id: string) => send('DELETE', pathOf(siteId, `/runs/${encodeURIComponent(id)}`)),
    onSuccess: (_, id) => onRemoved(id),
  });
}
