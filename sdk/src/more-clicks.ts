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

const listen = (type: string, heard: (path: Element[], event: Event) => void) =>
  // While capturing: a page that stops the event still counts.
  addEventListener(
    type,
    // From what was clicked outwards, also out of the inside of web components.
    (event) => {
      const path = event.composedPath().filter((it) => it instanceof Element);
      if (path[0]) heard(path, event);
    },
    true,
  );

export const followClicks = () => {
  const clicked = (path: Element[], { button }: Event & { button?: number }) => {
    if (button! > 1) return;
    const find = (selector: string): unknown => path.find((element) => element.matches(selector));
    const marked = find('[data-hw-event]:not(form)') as HTMLElement | undefined;
    // The click on a label is followed by one on its field, which counts where both are in what is marked.
    const field = (find('label') as HTMLLabelElement | undefined)?.control;
    if (marked && (!field || path.includes(field) || !marked.contains(field))) trackMarked(marked);
    const link = find('a[href]') as HTMLAnchorElement | undefined;
    if (link) trackLink(link);
  };
  listen('click', clicked);
  listen('auxclick', clicked);
};

export const followForms = () =>
  listen('submit', ([target]) => {
    const form = target as HTMLElement;
    if (form.dataset.hwEvent) trackMarked(form);
    // By attributes: a field named "id" hides the form's own.
    if (wants('forms')) pixel.track('form', { form: form.getAttribute('id') ?? form.getAttribute('name') ?? '' });
  });
