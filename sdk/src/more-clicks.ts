import { pixel, wants } from './more-page.ts';

const FILES =
  /\.(pdf|docx?|xlsx?|pptx?|csv|txt|rtf|epub|zip|rar|7z|t?gz|dmg|pkg|exe|msi|deb|rpm|apk|iso|mp[34]|wav|mov|avi)$/i;

/** `data-hw-event="Signup" data-hw-plan="pro"` → track('Signup', { plan: 'pro' }) */
const trackMarked = ({ dataset }: HTMLElement) => {
  const props: Record<string, unknown> = {};
  for (const name in dataset) {
    if (/^hw[A-Z]/.test(name) && name != 'hwEvent') props[name[2]!.toLowerCase() + name.slice(3)] = dataset[name];
  }
  pixel.track(dataset.hwEvent!, props);
};

/** Without query and fragment: what a link carries there is nobody's business. */
const trackLink = (link: HTMLAnchorElement) => {
  if (!/^https?:$/.test(link.protocol)) return;
  const url = link.origin + link.pathname;
  if (wants('downloads') && (link.hasAttribute('download') || FILES.test(link.pathname)))
    pixel.track('download', { url });
  else if (wants('outbound') && link.host != location.host) pixel.track('outbound', { url });
};

const listen = (type: string, heard: (target: HTMLElement, event: Event) => void) =>
  // While capturing: a page that stops the event still counts.
  addEventListener(
    type,
    (event) => event.composedPath()[0] instanceof Element && heard(event.composedPath()[0] as HTMLElement, event),
    true,
  );

export const followClicks = () => {
  const clicked = (target: HTMLElement, { button }: Event & { button?: number }) => {
    if (button! > 1) return;
    const marked = target.closest<HTMLElement>('[data-hw-event]:not(form)');
    if (marked) trackMarked(marked);
    const link = target.closest<HTMLAnchorElement>('a[href]');
    if (link) trackLink(link);
  };
  listen('click', clicked);
  listen('auxclick', clicked);
};

export const followForms = () =>
  listen('submit', (form) => {
    if (form.dataset.hwEvent) trackMarked(form);
    // By attributes: a field named "id" hides the form's own.
    if (wants('forms')) pixel.track('form', { form: form.getAttribute('id') ?? form.getAttribute('name') ?? '' });
  });
