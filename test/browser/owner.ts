// The owner of a Headwater in a browser of their own, and the shoppers of their site in others.
import { expect } from '@playwright/test';
import type { Browser, BrowserContext, Page } from '@playwright/test';
import type { Headwater } from '../headwater.ts';
import { ORDINARY_AGENT } from './playwright.config.ts';

export const OWNER = { name: 'Ada Owner', email: 'ada@headwater.test', password: 'correct horse battery' };

export interface Owner {
  page: Page;
  /** What the console, the content policy, the network or an exception complained about. */
  problems: string[];
  close(): Promise<void>;
}

const agent = { userAgent: ORDINARY_AGENT, locale: 'en-US', timezoneId: 'Europe/Berlin' };

export async function openOwner(browser: Browser): Promise<Owner> {
  const context = await browser.newContext({ ...agent, viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  const problems = await problemsOf(context, page);
  return { page, problems, close: () => context.close() };
}

/** Everything a page complains about. Requests that the page itself gave up (a newer question) are not failures. */
async function problemsOf(context: BrowserContext, page: Page): Promise<string[]> {
  const problems: string[] = [];
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      console.error(`content policy: ${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => problems.push(`exception: ${error.message}`));
  page.on('response', (response) => {
    if (response.status() >= 400)
      problems.push(`${response.status()} ${response.request().method()} ${response.url()}`);
  });
  page.on('requestfailed', (request) => {
    const failure = request.failure()?.errorText;
    if (failure !== 'net::ERR_ABORTED') problems.push(`${failure} ${request.url()}`);
  });
  return problems;
}

/** The one-time link, as a person reads it where the server was started. */
export function setUpLink(headwater: Headwater): string {
  const link = /https?:\/\/\S+\/setup\?token=\S+/.exec(headwater.said())?.[0];
  expect(link, `a set-up link among:\n${headwater.said()}`).toBeTruthy();
  return link!;
}

export async function createAccount(page: Page): Promise<void> {
  await page.getByLabel('Your name').fill(OWNER.name);
  await page.getByLabel('E-mail').fill(OWNER.email);
  await page.getByLabel('Password').fill(OWNER.password);
  await page.getByRole('button', { name: 'Create account' }).click();
}

export interface Shopper {
  page: Page;
  /** Bodies of all hits that this browser sent, as text. */
  hits: string[];
  /** Exceptions and console errors on the shop's pages. */
  problems: string[];
  visitor(): Promise<string | undefined>;
  close(): Promise<void>;
}

/** A person with a browser that nobody has seen before. @param isBlocking an extension stops Headwater's script */
export async function openShopper(browser: Browser, { isBlocking = false } = {}): Promise<Shopper> {
  const context = await browser.newContext(agent);
  if (isBlocking) await context.route('**/hw.js', (route) => route.abort('blockedbyclient'));
  const page = await context.newPage();
  const hits: string[] = [];
  page.on('request', (request) => {
    if (request.url().endsWith('/api/event')) hits.push(request.postData() ?? '');
  });
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(`exception: ${error.message}`));
  page.on('console', (message) => {
    // The simulated Stripe has no icon; its pages are not what is judged here.
    if (message.type() !== 'error' || message.location().url.endsWith('/favicon.ico')) return;
    problems.push(`console: ${message.text()} ${message.location().url}`);
  });
  return {
    page,
    hits,
    problems,
    visitor: async () => (await context.cookies()).find(({ name }) => name === 'hw_visitor_id')?.value,
    close: () => context.close(),
  };
}

/** On a page of the simulated Stripe: fills in what it asks, pays, and comes back to the shop. */
export async function payAtStripe(page: Page, email = 'shopper@example.org'): Promise<void> {
  const pay = page.getByRole('button', { name: /^Pay / });
  await pay.waitFor();
  const field = page.getByLabel('E-mail');
  if ((await field.count()) > 0) await field.fill(email);
  await pay.click();
  await page.waitForURL(/\/success/);
}
