import { Link } from '@tanstack/react-router';
import type { SiteAnswer } from '../../http/contract-sites.ts';
import { CodeBox } from './copy.tsx';

const exampleFor = (domain: string): string => `const visitor = req.cookies.hw_visitor_id;
const session = await stripe.checkout.sessions.create({
  // …what you pass already, and:
  success_url: 'https://${domain}/thanks?session_id={CHECKOUT_SESSION_ID}',
  client_reference_id: visitor,
  metadata: { hw_visitor_id: visitor },
});`;

const ELSEWHERE = [
  ['Payment Intents and Subscriptions', 'the same metadata, when they are created.'],
  ['Payment Links', 'no code: let the link return to a page with ?session_id={CHECKOUT_SESSION_ID}.'],
  ['In the browser', 'await window.headwater?.getVisitorId?.() gives the id to send to your server.'],
] as const;

/** The third thing a set-up needs, and the only one in the merchant's own code: which visitor is paying. */
export function PassVisitor({ site, isFirst }: { site: SiteAnswer; isFirst: boolean }) {
  return (
    <section className="panel flex flex-col gap-3 p-4 sm:p-5" aria-label="The visitor id" data-testid="pass-visitor">
      <h2 className="font-semibold">
        {isFirst ? '3. The visitor id: tells whose payment it was' : 'The visitor id in your checkout'}
      </h2>
      <p className="text-muted">
        The script keeps the visitor’s id in the cookie <code className="font-mono text-ink">hw_visitor_id</code>. Hand
        it to Stripe where your server creates the payment:
      </p>
      <CodeBox label="the example" text={exampleFor(site.domain)} testId="visitor-example" />
      <ul className="flex flex-col gap-1 text-[0.9rem] text-muted">
        {ELSEWHERE.map(([name, text]) => (
          <li key={name}>
            <span className="text-ink">{name}:</span> {text}
          </li>
        ))}
        <li>
          <span className="text-ink">Written for attribu.tech or Zori:</span> leave your checkout as it is; only{' '}
          <Link to="/sites/$siteId/settings/script" params={{ siteId: site.id }} className="text-link">
            the script tag
          </Link>{' '}
          changes.
        </li>
      </ul>
    </section>
  );
}
