// What a visitor pays for the pixel: bytes, and how much later a page is drawn that has it.
import { chromium } from '@playwright/test';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { buildPixel, PIXEL_BYTES_MAX } from '../sdk/build.ts';
import playwright from '../test/browser/playwright.config.ts';
import { openPixelSite } from '../test/browser/pixel-site.ts';

const ROUNDS = 20;

export async function measure(): Promise<string[]> {
  const code = await buildPixel();
  const gzip = gzipSync(code, { level: 9 }).length;
  const drawn = await drawnMs();
  return [
    `${gzip} bytes gzip (limit ${PIXEL_BYTES_MAX}), ${brotliCompressSync(code).length} brotli, ${code.length} plain`,
    `largest contentful paint, median of ${ROUNDS}: ${drawn.with.toFixed(0)} ms with the pixel, ${drawn.without.toFixed(0)} ms without`,
  ];
}

/** Milliseconds until a page of 2,000 paragraphs is drawn, by turns with and without the pixel, each in a new profile. */
async function drawnMs(): Promise<Record<'with' | 'without', number>> {
  const site = await openPixelSite();
  const browser = await chromium.launch(playwright.use!.launchOptions);
  const times: Record<'with' | 'without', number[]> = { with: [], without: [] };
  site.body = '<h1>Shop</h1>' + '<p>Tea.</p>'.repeat(2000);
  for (let round = 0; round < ROUNDS; round++) {
    for (const kind of ['with', 'without'] as const) {
      site.hasPixel = kind === 'with';
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.goto(site.url('/'));
      times[kind].push(await page.evaluate(largestPaintMs));
      await context.close();
    }
  }
  await browser.close();
  site.close();
  const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
  return { with: median(times.with), without: median(times.without) };
}

const largestPaintMs = () =>
  new Promise<number>((resolve) => {
    new PerformanceObserver((list) => resolve(list.getEntries().at(-1)!.startTime)).observe({
      type: 'largest-contentful-paint',
      buffered: true,
    });
  });
