import { page, pixel, script, tag, wants } from './more-page.ts';
import { HAND_OVER_PARAMETER, HAND_OVER_SECONDS } from './protocol.ts';
import type { WireHandOver, WireHandOverAnswer } from './protocol.ts';

/** Well within the life of a hand-over: whoever follows the link after that asks again by coming near it. */
const FRESH_MS = 60_000;
const domains = (tag.domains ?? '').split(/[\s,]+/).filter(Boolean);
const asked = new WeakMap<Element, number>();

/** `data-more="domains" data-domains="pay.example"`: links there take the visitor along, by a signed word of two minutes. */
export const handOver = () => {
  if (!wants('domains')) return;
  let seconds = HAND_OVER_SECONDS;
  const tidySoon = () => void tidy().catch(String);
  const tidy = async () => {
    const here = new URL(location.href);
    if (!here.searchParams.has(HAND_OVER_PARAMETER)) return;
    // Without identity the view that brought it joins nobody: it is told again when there is consent, by this address.
    if (!(await pixel.getVisitorId()) && (seconds -= 1) > 0) return void setTimeout(tidySoon, 1_000);
    // It is on its way, or too old: who copies the address now passes on nobody's word.
    here.searchParams.delete(HAND_OVER_PARAMETER);
    history.replaceState(history.state, '', here.href);
  };
  tidySoon();
  for (const type of ['pointerover', 'pointerdown', 'focusin']) {
    addEventListener(type, ({ target }) => target instanceof Element && void near(target.closest('a[href]')), true);
  }
};

async function near(link: HTMLAnchorElement | null) {
  const isTheirs = (domain: string) => `.${link!.hostname}`.endsWith(`.${domain}`);
  if (!link || !domains.some(isTheirs) || Date.now() - (asked.get(link) ?? 0) < FRESH_MS) return;
  asked.set(link, Date.now());
  try {
    const visitor = await pixel.getVisitorId();
    if (!visitor) return;
    const wire: WireHandOver = { site: tag.site!, visitor, to: link.hostname };
    const answer = await page.fetch(new URL('api/hand-over', script!.src), {
      method: 'POST',
      body: JSON.stringify(wire),
    });
    const { hand_over: word } = (await answer.json()) as WireHandOverAnswer;
    const url = new URL(link.href);
    url.searchParams.set(HAND_OVER_PARAMETER, word);
    if (word) link.href = url.href;
  } catch {
    // The link works without; the next time somebody comes near it asks again.
    asked.delete(link);
  }
}
