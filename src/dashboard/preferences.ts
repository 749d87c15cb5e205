export type Theme = 'system' | 'light' | 'dark';
const KEY = 'headwater.theme';

export function savedTheme(): Theme {
  try {
    const saved = localStorage.getItem(KEY);
    return saved === 'light' || saved === 'dark' ? saved : 'system';
  } catch {
    return 'system';
  }
}

export function applyTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

export function saveTheme(theme: Theme): void {
  applyTheme(theme);
  try {
    if (theme === 'system') localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
  } catch {
    // Storage refused: the choice holds for this page.
  }
}

const SITE_KEY = 'headwater.site';
export function lastSite(): string | null {
  try {
    return localStorage.getItem(SITE_KEY);
  } catch {
    return null;
  }
}
export function rememberSite(id: string): void {
  try {
    localStorage.setItem(SITE_KEY, id);
  } catch {
    // Storage refused: the first site opens next time.
  }
}
