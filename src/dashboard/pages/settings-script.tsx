import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import type { ReactNode } from 'react';
import type { SiteStatusAnswer } from '../../http/contract-sites.ts';
import { Steps, useTitle } from '../components/card-page.tsx';
import { buttonClass } from '../components/controls.tsx';
import { CodeBox } from '../components/copy.tsx';
import { CheckIcon } from '../components/icons.tsx';
import { ErrorNote, Skeleton } from '../components/states.tsx';
import { statusQuery } from '../queries.ts';
import { formatAgo } from '../time.ts';
import { useSite } from './site-frame.tsx';

const POLL_MS = 2000;
const PATIENCE_MS = 60_000;

export function ScriptPage() {
  const site = useSite();
  useTitle(`Script · ${site.name}`);
  const status = useQuery({ ...statusQuery(site.id), refetchInterval: POLL_MS, staleTime: 0 });
  // Until Stripe is connected, so that the page does not jump when the first hit arrives.
  const isFirstStart = status.data?.payments === 0 && status.data.modes.length === 0;
  return (
    <>
      {isFirstStart ? <Steps current="Script" /> : null}
      <h1 className="text-xl font-semibold tracking-tight">Script</h1>
      <p className="mt-1 mb-4 text-muted">
        Paste this tag into the <code className="font-mono">&lt;head&gt;</code> of every page of {site.domain}, the
        landing pages first: what comes before it is not seen.
      </p>
      {status.data ? (
        <>
          <CodeBox label="the script tag" text={status.data.snippet} testId="snippet" />
          {status.data.cookieless ? <Cookieless site={site.id} /> : <Compatible snippet={status.data.snippet} />}
          <OwnDomain tag={status.data.snippet_own_domain} domain={site.domain} cookieless={status.data.cookieless} />
          <Options pinned={status.data.snippet_pinned} cookieless={status.data.cookieless} />
          <HitCheck status={status.data} domain={site.domain} />
          <p className="mt-5">
            <Link
              to="/sites/$siteId/settings/revenue"
              params={{ siteId: site.id }}
              className={buttonClass(status.data.last_hit ? 'primary' : 'quiet')}
              data-testid="continue-revenue"
            >
              {status.data.last_hit ? 'Continue: connect Stripe' : 'Connect Stripe meanwhile'}
            </Link>
          </p>
        </>
      ) : status.error ? (
        <div className="panel">
          <ErrorNote error={status.error} retry={() => void status.refetch()} />
        </div>
      ) : (
        <Skeleton className="h-16 w-full" />
      )}
    </>
  );
}

/** The site's own choice, in its settings; the tag that was pasted before it may still be in the pages. */
function Cookieless({ site }: { site: string }) {
  return (
    <p className="mt-3 text-muted" data-testid="snippet-cookieless">
      This script sets no cookies and keeps no ids: this site tells its visitors{' '}
      <Link to="/sites/$siteId/settings/site" params={{ siteId: site }} className="text-link">
        apart by a hash of the day
      </Link>
      . A tag with <code className="font-mono text-ink">hw.js</code> still sets them: replace it. The new one deletes
      what it left.
    </p>
  );
}

/** Checkout code of the two products before this one reads cookies and globals of theirs: the tag can offer them too. */
function Compatible({ snippet }: { snippet: string }) {
  return (
    <details className="mt-3">
      <summary className="cursor-pointer text-[0.95rem]">
        <span className="text-link">Your checkout was written for attribu.tech or Zori?</span>
      </summary>
      <p className="mt-2 mb-2 text-muted">
        Use this tag instead. It keeps their cookies and <code className="font-mono text-ink">window.ZoriHQ</code>, so
        that your code works unchanged, and takes over the ids your visitors have.
      </p>
      <CodeBox
        label="the compatible script tag"
        text={snippet.replace('></script>', ' data-compat="attribu zori"></script>')}
        testId="snippet-compat"
      />
    </details>
  );
}

/** What else the tag can say; docs/pixel.md has all of it. */
function Options({ pinned, cookieless }: { pinned: string | null; cookieless: boolean }) {
  return (
    <details className="mt-3">
      <summary className="cursor-pointer text-[0.95rem]">
        <span className="text-link">
          {cookieless
            ? 'Consent, outbound links, a pinned version?'
            : 'Consent, outbound links, engagement, a pinned version?'}
        </span>
      </summary>
      <dl className="mt-2 grid gap-x-4 gap-y-1 text-muted sm:grid-cols-[auto_1fr]">
        <Option attribute='data-consent="required"'>
          Before <code className="font-mono text-ink">headwater.setConsent(true)</code> hits count without identity and
          nothing is stored. Add <code className="font-mono text-ink">data-more="cmp"</code> to listen to your consent
          manager.
        </Option>
        <Option attribute='data-more="outbound downloads forms 404"'>Counts these as events.</Option>
        <Option attribute='data-more="hash"'>
          Pages are routes in the fragment (#/pricing). Switch hash routing on in the site’s settings, too.
        </Option>
        {/* Both need an id of the visitor. */}
        {cookieless ? null : (
          <>
            <Option attribute='data-more="engagement"'>
              How long pages are in view, and how far they are scrolled.
            </Option>
            <Option attribute='data-more="domains" data-domains="pay.example.com"'>
              Links to these hosts take the visitor along. They must stand under <em>Further domains</em> in the site’s
              settings.
            </Option>
          </>
        )}
        <Option attribute='data-hw-event="Sign up"'>
          On a button, a link or a form: counts as an event of that name.
        </Option>
      </dl>
      {pinned ? (
        <>
          <p className="mt-3 mb-2 text-muted">
            This tag pins today’s version: the browser runs no other, and it stays available after upgrades.
          </p>
          <CodeBox label="the pinned script tag" text={pinned} testId="snippet-pinned" />
        </>
      ) : null}
    </details>
  );
}

function Option({ attribute, children }: { attribute: string; children: ReactNode }) {
  return (
    <>
      <dt>
        <code className="font-mono text-ink">{attribute}</code>
      </dt>
      <dd>{children}</dd>
    </>
  );
}

/** Safari keeps cookies that a script sets for a week; a server's own answer may set them for a year. */
function OwnDomain({ tag, domain, cookieless }: { tag: string; domain: string; cookieless: boolean }) {
  return (
    <details className="mt-3">
      <summary className="cursor-pointer text-[0.95rem]">
        <span className="text-link">
          {cookieless ? 'Load the script from your own domain' : 'Recognise visitors for a year, in Safari too'}
        </span>
      </summary>
      <p className="mt-2 mb-2 text-muted">
        Let {domain} itself pass the script on: recipes for nginx, Caddy, Express, Cloudflare, Next.js and Vercel stand
        in docs/first-party.md. Then use this tag
        {cookieless ? '.' : '; the visitor cookie is set by the answers to its hits.'}
      </p>
      <CodeBox label="the script tag of your own domain" text={tag} testId="snippet-own-domain" />
    </details>
  );
}

function HitCheck({ status, domain }: { status: SiteStatusAnswer; domain: string }) {
  const [isLate, setLate] = useState(false);
  const hit = status.last_hit;
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, []);
  if (hit) {
    return (
      <div
        className="mt-4 flex gap-3 rounded-lg border border-accent/30 bg-accent-soft px-4 py-3"
        role="status"
        data-testid="hit-received"
      >
        <span className="mt-0.5 text-accent">
          <CheckIcon />
        </span>
        <div className="min-w-0 flex-1">
          <p className="font-medium">Hit received — the script works.</p>
          <p className="label flex gap-x-2">
            <span className="min-w-0 truncate text-ink" title={hit.url} data-testid="hit-url">
              {hit.url}
            </span>
            <span className="shrink-0">{formatAgo(hit.at)}</span>
          </p>
        </div>
      </div>
    );
  }
  return (
    <div className="panel mt-4 px-4 py-3" data-testid="hit-waiting">
      <div className="flex items-center gap-3" role="status">
        <span className="pulse size-2.5 rounded-full bg-visitors" aria-hidden="true" />
        <p>Waiting for the first hit. Open a page of {domain} that carries the tag.</p>
      </div>
      {isLate ? <Checklist domain={domain} /> : null}
    </div>
  );
}

function Checklist({ domain }: { domain: string }) {
  return (
    <div className="mt-3 border-t border-line pt-3" data-testid="hit-checklist">
      <p className="font-medium">Nothing after a minute? Check in this order:</p>
      <ol className="mt-1 list-decimal space-y-1 pl-5 text-muted">
        <li>
          The page’s source contains the tag, with this <code className="font-mono text-ink">data-site</code>, and the
          change is published.
        </li>
        <li>
          The page is on <strong className="font-medium text-ink">{domain}</strong>, a subdomain of it, or localhost.
          Hits of other hosts are dropped.
        </li>
        <li>
          The browser’s network panel shows the script of the tag loaded and a request to{' '}
          <code className="font-mono text-ink">/api/event</code>; its answer’s header{' '}
          <code className="font-mono text-ink">X-Headwater-Dropped</code> says why a hit was not kept.
        </li>
        <li>No content blocker and no Content-Security-Policy of the page stops the script.</li>
        <li>This Headwater’s address in the tag can be reached from your browser.</li>
      </ol>
    </div>
  );
}
