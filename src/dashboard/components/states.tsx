import type { ReactNode } from 'react';
import { ApiError } from '../api.ts';
import { Button } from './controls.tsx';
import { WarningIcon } from './icons.tsx';

export function Skeleton({ className }: { className: string }) {
  return <span className={`skeleton ${className}`} aria-hidden="true" />;
}

const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const titleOf = (error: Error): string => {
  if (!(error instanceof ApiError)) return 'This part of the page failed.';
  if (error.status === 0) return 'The server did not answer.';
  if (error.status === 503) return 'A store is not answering.';
  if (error.status === 404) return 'Not found.';
  return error.status >= 500 ? 'The server failed to answer this.' : 'This question was refused.';
};

/** What happened, in the server's words, and a way to ask again. */
export function ErrorNote({ error, retry }: { error: Error; retry?: () => void }) {
  const title = titleOf(error);
  const rest = error.message.startsWith(title) ? error.message.slice(title.length).trim() : error.message;
  return (
    <div role="alert" data-testid="error" className="flex flex-col items-start gap-3 p-5">
      <div className="flex gap-2.5">
        <span className="mt-0.5 text-down">
          <WarningIcon />
        </span>
        <div className="min-w-0">
          <p className="font-medium">{title}</p>
          {rest === '' ? null : <p className="[overflow-wrap:anywhere] text-muted">{sentence(rest)}</p>}
        </div>
      </div>
      {retry ? <Button onClick={retry}>Try again</Button> : null}
    </div>
  );
}

export function Empty({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className="mx-auto flex max-w-md flex-col items-center gap-2 px-6 py-14 text-center" data-testid="empty">
      <h2 className="text-lg font-semibold">{title}</h2>
      {children ? <div className="text-muted">{children}</div> : null}
      {action ? <div className="mt-3">{action}</div> : null}
    </div>
  );
}

const TONES = {
  warn: 'border-warn-line bg-warn-soft',
  down: 'border-down/35 bg-down-soft',
  plain: 'border-line bg-sunk',
} as const;
export function Note({
  tone = 'plain',
  children,
  testId,
}: {
  tone?: keyof typeof TONES;
  children: ReactNode;
  testId?: string;
}) {
  return (
    <div className={`rounded-lg border px-4 py-3 [overflow-wrap:anywhere] ${TONES[tone]}`} data-testid={testId}>
      {children}
    </div>
  );
}

const BADGES = {
  good: 'bg-accent-soft text-accent',
  warn: 'bg-warn-soft text-warn ring-1 ring-inset ring-warn-line',
  down: 'bg-down-soft text-down',
  plain: 'bg-sunk text-muted',
} as const;
export function Badge({
  tone = 'plain',
  children,
  testId,
}: {
  tone?: keyof typeof BADGES;
  children: ReactNode;
  testId?: string;
}) {
  return (
    <span
      data-testid={testId}
      className={`inline-flex items-center gap-1 rounded-md px-1.5 py-0.5 text-[0.8rem] font-medium whitespace-nowrap ${BADGES[tone]}`}
    >
      {children}
    </span>
  );
}
