import { countsByDay } from './collect-rules.ts';

/** The pixel a site's pages load: where visitors are told apart by the day, one that sets no cookies. */
export function scriptOf(settings: Parameters<typeof countsByDay>[0]): 'hw.js' | 'hw-cookieless.js' {
  return countsByDay(settings) ? 'hw-cookieless.js' : 'hw.js';
}

interface TagOf {
  /** Where scripts are loaded from, without a slash at the end. */
  base: string;
  script: string;
  site: string;
  /** Of a script that is pinned. */
  integrity?: string;
}

/** The tag that a merchant pastes. */
export function scriptTag({ base, script, site, integrity }: TagOf): string {
  const pin = integrity === undefined ? '' : ` integrity="${integrity}" crossorigin="anonymous"`;
  return `<script defer src="${base}/${script}"${pin} data-site="${site}"></script>`;
}
