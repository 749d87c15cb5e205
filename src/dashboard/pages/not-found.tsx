import { Link } from '@tanstack/react-router';
import { Brand } from '../components/top-bar.tsx';
import { buttonClass } from '../components/controls.tsx';
import { Empty, ErrorNote } from '../components/states.tsx';

export function NotFoundPage() {
  return (
    <main className="mx-auto max-w-6xl px-6 py-4">
      <Brand />
      <Empty
        title="There is no such page"
        action={
          <Link to="/" className={buttonClass('primary')}>
            Go to the overview
          </Link>
        }
      >
        The address may be mistyped, or the site is not one of yours.
      </Empty>
    </main>
  );
}

/** A page that broke. Also reached when the server was updated and a part of the old page is gone: reloading gets the new one. */
export function PageError({ error }: { error: unknown }) {
  return (
    <main className="mx-auto max-w-3xl px-6 py-4">
      <Brand />
      <div className="panel mt-8">
        <ErrorNote error={error instanceof Error ? error : new Error(String(error))} retry={() => location.reload()} />
      </div>
    </main>
  );
}
