import { page, pixel, tag } from './more-page.ts';

/**
 * Gives Stripe's own checkouts on the page the visitor id, so that they are attributed without code: payment links by a
 * parameter, pricing tables and buy buttons by an attribute. Stripe hands it on as the Checkout Session's
 * `client_reference_id`. One that is there already is the merchant's and is never touched; ours goes when consent does.
 */
const NAME = 'client_reference_id';
const OWN_HOSTS = (tag.stripe ?? '').split(/[\s,]+/).filter(Boolean);
// Never '': that is the host of mailto: and tel: links.
const HOSTS = ['buy.stripe.com', 'donate.stripe.com', 'book.stripe.com', ...OWN_HOSTS];
const given = new Map<Element, string>();

export const linkStripe = () => {
  let isSoon: unknown;
  const soon = () => (isSoon ||= setTimeout(() => ((isSoon = 0), void link()), 20));
  soon();
  new MutationObserver(soon).observe(document, {
    subtree: true,
    childList: true,
    attributeFilter: ['href', 'client-reference-id'],
  });
  // Consent, and with it the visitor, may change without a change of the page.
  setInterval(soon, 1e3);
};

async function link() {
  const visitor = await pixel.getVisitorId();
  for (const [element, was] of given) {
    if (was == visitor && element.isConnected) continue;
    given.delete(element);
    if (element instanceof HTMLAnchorElement) element.href = element.href.replace(`${NAME}=${was}`, '');
    else element.removeAttribute('client-reference-id');
  }
  if (!visitor) return;
  for (const anchor of page.document.querySelectorAll<HTMLAnchorElement>('a[href]')) {
    if (!HOSTS.includes(anchor.hostname) && !HOSTS.includes(anchor.host)) continue;
    const url = new URL(anchor.href);
    if (url.searchParams.has(NAME)) continue;
    url.search += `${url.search ? '&' : '?'}${NAME}=${visitor}`;
    anchor.href = url.href;
    given.set(anchor, visitor);
  }
  for (const element of page.document.querySelectorAll('stripe-pricing-table,stripe-buy-button')) {
    if (element.hasAttribute('client-reference-id')) continue;
    element.setAttribute('client-reference-id', visitor);
    given.set(element, visitor);
  }
}
