// Pictures of the dashboard, kept in artifacts/screens for people to look at: light, dark and on a phone.
import { expect } from '@playwright/test';
import type { Page } from '@playwright/test';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('../../artifacts/screens/', import.meta.url));
const DESKTOP = { width: 1280, height: 900 };
const LOOKS = [
  { look: 'dark', colorScheme: 'dark', viewport: DESKTOP },
  { look: 'phone', colorScheme: 'light', viewport: { width: 390, height: 844 } },
  { look: 'light', colorScheme: 'light', viewport: DESKTOP },
] as const;

/** Takes the page as it stands in every look, and insists that none of them scrolls sideways. Ends in the light one. */
export async function takeScreens(page: Page, name: string): Promise<void> {
  for (const { look, colorScheme, viewport } of LOOKS) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.setViewportSize(viewport);
    await expect(page.locator('[aria-busy=true]')).toHaveCount(0);
    await page.evaluate(() => document.fonts.ready);
    const wider = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(wider, `${name} in the look '${look}' is wider than the screen`).toBeLessThanOrEqual(0);
    await page.screenshot({ path: `${FOLDER}${name}-${look}.png`, fullPage: true, animations: 'disabled' });
  }
}
