import type {
  ButtonHTMLAttributes,
  InputHTMLAttributes,
  ReactNode,
  SelectHTMLAttributes,
  TextareaHTMLAttributes,
} from 'react';
import { useId } from 'react';

const SHAPE =
  'inline-flex items-center justify-center gap-2 rounded-lg px-3.5 py-2 font-medium whitespace-nowrap transition-colors disabled:opacity-60';
const LOOKS = {
  primary: `${SHAPE} bg-accent text-accent-ink hover:bg-accent/90`,
  quiet: `${SHAPE} border border-line bg-panel text-ink hover:bg-sunk`,
} as const;
export const buttonClass = (look: keyof typeof LOOKS): string => LOOKS[look];

export function Button({
  look = 'quiet',
  busy = false,
  children,
  ...rest
}: ButtonHTMLAttributes<HTMLButtonElement> & { look?: keyof typeof LOOKS; busy?: boolean }) {
  return (
    <button type="button" {...rest} className={LOOKS[look]} disabled={busy || rest.disabled} aria-busy={busy}>
      {children}
    </button>
  );
}

/** The trigger of a menu or popover in a toolbar. */
export const TOOL =
  'inline-flex h-9 items-center gap-2 rounded-lg border border-line bg-panel px-3 whitespace-nowrap hover:bg-sunk data-[state=open]:bg-sunk';

export const INPUT =
  'block w-full rounded-lg border border-control bg-panel px-3 py-2 text-ink aria-invalid:border-down disabled:opacity-60';

interface Labelled {
  label: string;
  hint?: ReactNode;
  error?: string | null;
}

function Labels({ id, label, hint, error, children }: Labelled & { id: string; children: ReactNode }) {
  return (
    <div>
      <label htmlFor={id} className="mb-1 block font-medium">
        {label}
      </label>
      {children}
      {hint ? (
        <p id={`${id}-hint`} className="label mt-1">
          {hint}
        </p>
      ) : null}
      {error ? (
        <p id={`${id}-error`} className="mt-1 text-[0.87rem] text-down" role="alert">
          {error}
        </p>
      ) : null}
    </div>
  );
}

const describedBy = (id: string, { hint, error }: Labelled): string | undefined =>
  [hint ? `${id}-hint` : '', error ? `${id}-error` : ''].filter(Boolean).join(' ') || undefined;

export function Field({
  label,
  hint,
  error,
  mono = false,
  ...rest
}: Labelled & { mono?: boolean } & InputHTMLAttributes<HTMLInputElement>) {
  const id = useId();
  const labels = { label, hint, error };
  return (
    <Labels id={id} {...labels}>
      <input
        id={id}
        {...rest}
        className={`${INPUT} ${mono ? 'font-mono text-[0.9rem]' : ''}`}
        aria-invalid={Boolean(error)}
        aria-describedby={describedBy(id, labels)}
      />
    </Labels>
  );
}

/** Several lines of text. */
export function Area({ label, hint, error, ...rest }: Labelled & TextareaHTMLAttributes<HTMLTextAreaElement>) {
  const id = useId();
  const labels = { label, hint, error };
  return (
    <Labels id={id} {...labels}>
      <textarea
        id={id}
        {...rest}
        className={`${INPUT} font-mono text-[0.9rem]`}
        aria-invalid={Boolean(error)}
        aria-describedby={describedBy(id, labels)}
      />
    </Labels>
  );
}

export function Choice({ label, hint, error, children, ...rest }: Labelled & SelectHTMLAttributes<HTMLSelectElement>) {
  const id = useId();
  const labels = { label, hint, error };
  return (
    <Labels id={id} {...labels}>
      <select
        id={id}
        {...rest}
        className={INPUT}
        aria-invalid={Boolean(error)}
        aria-describedby={describedBy(id, labels)}
      >
        {children}
      </select>
    </Labels>
  );
}
