import { useEffect, useState } from 'react';
import { CheckIcon, CopyIcon } from './icons.tsx';
import { buttonClass } from './controls.tsx';

/** Selects the text when the clipboard is refused (plain http on another host), so that a key press copies it. */
async function copyText(text: string, from: HTMLElement | null): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    if (from) getSelection()?.selectAllChildren(from);
    return false;
  }
}

/** @param lines source code: its lines are kept, have the whole width, and scroll sideways */
export function CodeBox({
  label,
  text,
  testId,
  lines = false,
}: {
  label: string;
  text: string;
  testId: string;
  lines?: boolean;
}) {
  const [state, setState] = useState<'idle' | 'copied' | 'selected'>('idle');
  const [code, setCode] = useState<HTMLElement | null>(null);
  useEffect(() => {
    if (state === 'idle') return;
    const timer = setTimeout(() => setState('idle'), 2500);
    return () => clearTimeout(timer);
  }, [state]);
  return (
    <div className="overflow-hidden rounded-lg border border-line bg-sunk">
      <div className={lines ? 'flex flex-col-reverse' : 'flex flex-wrap items-start gap-3 p-3'}>
        <code
          ref={setCode}
          data-testid={testId}
          className={`min-w-0 font-mono text-[0.87rem] ${lines ? 'overflow-x-auto px-4 pb-4 whitespace-pre' : 'flex-1 basis-60 self-center px-1 break-all whitespace-pre-wrap'}`}
          tabIndex={lines ? 0 : undefined}
        >
          {text}
        </code>
        <button
          type="button"
          className={`${buttonClass('quiet')} ${lines ? 'm-2 self-end' : ''}`}
          aria-label={`Copy ${label}`}
          data-testid={`${testId}-copy`}
          onClick={() => void copyText(text, code).then((done) => setState(done ? 'copied' : 'selected'))}
        >
          {state === 'copied' ? <CheckIcon /> : <CopyIcon />}
          <span aria-live="polite">
            {state === 'idle' ? 'Copy' : state === 'copied' ? 'Copied' : 'Selected: press Ctrl+C'}
          </span>
        </button>
      </div>
    </div>
  );
}
