import { useMutation } from '@tanstack/react-query';
import { useId, useState } from 'react';
import type { DragEvent } from 'react';
import type { SpendImportAnswer } from '../../http/contract-spend.ts';
import { ApiError, upload } from '../api.ts';
import { pathOf } from '../queries.ts';
import { countOf, formatAmounts, PLATFORM_NAMES, showSpendAgain } from '../spend.ts';
import { formatDays } from '../time.ts';
import { Button, Choice, Field } from './controls.tsx';
import { CheckIcon } from './icons.tsx';
import { ErrorNote, Note } from './states.tsx';

interface Said {
  currency?: string | undefined;
  dates?: string | undefined;
  account?: string | undefined;
}

/** A file is shown before it is stored: what was recognised, and what cannot be read. */
export function SpendImportPanel({ siteId }: { siteId: string }) {
  const [file, setFile] = useState<File | null>(null);
  const [said, setSaid] = useState<Said>({});
  const ask = (what: { file: File; said: Said }, rest: Record<string, string>) =>
    upload<SpendImportAnswer>(
      pathOf(siteId, '/spend'),
      { ...what.said, name: what.file.name.slice(0, 255), ...rest },
      what.file,
    );
  const preview = useMutation({
    mutationFn: (what: { file: File; said: Said }) => ask(what, { preview: 'true' }),
  });
  const store = useMutation({
    mutationFn: (what: { file: File; said: Said; partial: boolean }) => ask(what, { partial: String(what.partial) }),
    onSuccess: () => setFile(null),
    onSettled: () => showSpendAgain(siteId),
  });
  const choose = (next: File) => {
    store.reset();
    setSaid({});
    setFile(next);
    preview.mutate({ file: next, said: {} });
  };
  const retry = (next: Said) => {
    setSaid(next);
    if (file) preview.mutate({ file, said: next });
  };
  return (
    <section className="panel px-4 py-4 sm:px-5" aria-label="Import spend" data-testid="spend-import-panel">
      <h2 className="font-semibold">Import</h2>
      <p className="mt-1 text-muted">
        An export by day and campaign from Google Ads, Meta, LinkedIn, TikTok or Microsoft Advertising, best in English;
        or lines of date,source,medium,campaign,amount,currency. Days that were imported before are replaced, never
        counted twice.
      </p>
      <DropZone onFile={choose} isBusy={preview.isPending || store.isPending} />
      {file && preview.error ? <Refused error={preview.error} said={said} onSay={retry} /> : null}
      {file && preview.data && !preview.isPending ? (
        <Preview
          answer={preview.data}
          name={file.name}
          isBusy={store.isPending}
          onImport={(partial) => store.mutate({ file, said, partial })}
          onCancel={() => setFile(null)}
        />
      ) : null}
      {store.error ? <ErrorNote error={store.error} /> : null}
      {store.data && !file ? <Stored answer={store.data} /> : null}
    </section>
  );
}

function DropZone({ onFile, isBusy }: { onFile: (file: File) => void; isBusy: boolean }) {
  const id = useId();
  const [isOver, setOver] = useState(false);
  const take = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    const [file] = event.dataTransfer.files;
    if (file) onFile(file);
  };
  return (
    <label
      htmlFor={id}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={take}
      aria-busy={isBusy}
      className={`mt-3 flex cursor-pointer flex-col items-center gap-1 rounded-lg border border-dashed px-4 py-7 text-center focus-within:outline-2 focus-within:outline-offset-2 focus-within:outline-accent ${
        isOver ? 'border-accent bg-accent-soft' : 'border-control bg-sunk/50 hover:bg-sunk'
      }`}
    >
      <span className="font-medium">{isBusy ? 'Reading…' : 'Drop a CSV file here, or choose one'}</span>
      <span className="label">At most 10 MB and 200,000 lines</span>
      <input
        id={id}
        type="file"
        accept=".csv,.tsv,.txt,text/csv,text/tab-separated-values,text/plain"
        className="sr-only"
        data-testid="spend-file"
        onChange={(event) => {
          const file = event.target.files?.[0];
          if (file) onFile(file);
          // The same file, mended, may be chosen again.
          event.target.value = '';
        }}
      />
    </label>
  );
}

/** What the file does not say itself, a person can. */
function Refused({ error, said, onSay }: { error: Error; said: Said; onSay: (said: Said) => void }) {
  const field = error instanceof ApiError ? error.field : null;
  return (
    <div className="mt-3 rounded-lg border border-down/35 bg-down-soft" data-testid="spend-refused">
      <ErrorNote error={error} />
      {field === 'currency' || field === 'dates' ? (
        <form
          className="flex flex-wrap items-end gap-3 px-5 pb-5"
          onSubmit={(event) => {
            event.preventDefault();
            const data = new FormData(event.currentTarget);
            onSay({ ...said, [field]: String(data.get(field) ?? '') || undefined });
          }}
        >
          {field === 'currency' ? (
            <Field
              label="Currency of the file"
              name="currency"
              placeholder="eur"
              maxLength={3}
              minLength={3}
              required
            />
          ) : (
            <Choice label="Its dates are written" name="dates">
              <option value="dmy">day/month/year</option>
              <option value="mdy">month/day/year</option>
            </Choice>
          )}
          <Button type="submit" look="primary" data-testid="spend-say">
            Read it again
          </Button>
        </form>
      ) : null}
    </div>
  );
}

interface PreviewProps {
  answer: SpendImportAnswer;
  name: string;
  isBusy: boolean;
  onImport: (partial: boolean) => void;
  onCancel: () => void;
}

function Preview({ answer, name, isBusy, onImport, onCancel }: PreviewProps) {
  const { rejected, left_out: leftOut } = answer;
  const isNothing = answer.lines === 0;
  const isKnown = !isNothing && answer.new + answer.changed === 0;
  const facts = [
    ['Recognised as', PLATFORM_NAMES[answer.platform]],
    ['Days', isNothing ? '—' : `${formatDays(answer)} (${answer.days})`],
    ['Campaigns', String(answer.campaigns)],
    ['Spend', formatAmounts(answer.totals)],
    ['Against what is there', `${answer.new} new, ${answer.changed} changed, ${answer.unchanged} as before`],
  ] as const;
  return (
    <div className="mt-4 flex flex-col gap-3" data-testid="spend-preview">
      <h3 className="font-medium break-words">{name}</h3>
      <dl className="grid gap-x-6 gap-y-1.5 sm:grid-cols-[11rem_minmax(0,1fr)]">
        {facts.map(([term, value]) => (
          <div key={term} className="contents">
            <dt className="label self-center">{term}</dt>
            <dd className="break-words">{value}</dd>
          </div>
        ))}
      </dl>
      {Object.keys(answer.columns).length > 0 ? (
        <p className="label break-words">Columns read: {Object.values(answer.columns).join(', ')}</p>
      ) : null}
      {rejected.count > 0 ? (
        <Note tone="down" testId="spend-rejected">
          <p className="font-medium">{countOf(rejected.count, 'line')} cannot be read</p>
          <Lines lines={rejected.lines} />
        </Note>
      ) : null}
      {leftOut.count > 0 ? (
        <details className="label">
          <summary className="cursor-pointer">{countOf(leftOut.count, 'line')} left out: totals and remarks</summary>
          <Lines lines={leftOut.lines} />
        </details>
      ) : null}
      <div className="flex flex-wrap gap-3">
        {isNothing || isKnown ? null : (
          <Button look="primary" busy={isBusy} onClick={() => onImport(rejected.count > 0)} data-testid="spend-store">
            {rejected.count > 0
              ? `Import the other ${countOf(answer.read - rejected.count, 'line')}`
              : `Import ${formatAmounts(answer.totals)}`}
          </Button>
        )}
        <Button onClick={onCancel}>{isKnown ? 'Nothing new in it: close' : 'Do not import'}</Button>
      </div>
    </div>
  );
}

const LINES_SHOWN = 50;

function Lines({ lines }: { lines: readonly { line: number; reason: string }[] }) {
  return (
    <ul className="mt-1 max-h-56 overflow-y-auto text-[0.9rem] tabular-nums">
      {lines.slice(0, LINES_SHOWN).map(({ line, reason }) => (
        <li key={line} className="break-words">
          Line {line}: {reason}
        </li>
      ))}
      {lines.length > LINES_SHOWN ? <li>…and {lines.length - LINES_SHOWN} more</li> : null}
    </ul>
  );
}

function Stored({ answer }: { answer: SpendImportAnswer }) {
  return (
    <p className="mt-3 flex items-start gap-2" role="status" data-testid="spend-stored">
      <span className="mt-0.5 text-accent">
        <CheckIcon />
      </span>
      <span>
        {answer.state === 'unchanged'
          ? 'Nothing new: all of it was there.'
          : `Imported ${formatAmounts(answer.totals)}: ${answer.new} new, ${answer.changed} changed. Reports follow within seconds.`}
      </span>
    </p>
  );
}
