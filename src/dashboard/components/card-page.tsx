import type { ReactNode } from 'react';
import { useEffect } from 'react';
import { Brand, ThemeMenu } from './top-bar.tsx';

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Headwater`;
  }, [title]);
}

const STEPS = ['Account', 'Site', 'Script', 'Revenue'] as const;

/** Where a first start stands. */
export function Steps({ current }: { current: (typeof STEPS)[number] }) {
  const at = STEPS.indexOf(current);
  return (
    <ol className="label mb-6 flex gap-2" aria-label="Set-up">
      {STEPS.map((name, index) => (
        <li key={name} className="flex-1" aria-current={index === at ? 'step' : undefined}>
          <span className={`mb-1.5 block h-1 rounded-full ${index <= at ? 'bg-accent' : 'bg-line'}`} />
          <span className={index === at ? 'font-medium text-ink' : ''}>{name}</span>
        </li>
      ))}
    </ol>
  );
}

/** A page with one thing to do. */
export function CardPage({ title, intro, children }: { title: string; intro?: ReactNode; children: ReactNode }) {
  useTitle(title);
  return (
    <div className="flex min-h-dvh flex-col">
      <header className="flex items-center justify-between px-5 py-3">
        <Brand />
        <ThemeMenu />
      </header>
      <main className="mx-auto w-full max-w-md px-4 pt-[6vh] pb-16">
        <div className="panel p-6 sm:p-8">
          <h1 className="text-xl font-semibold tracking-tight">{title}</h1>
          <div className="mt-4 mb-5 text-muted">{intro}</div>
          {children}
        </div>
      </main>
    </div>
  );
}
