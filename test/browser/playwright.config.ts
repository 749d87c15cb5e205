import { defineConfig } from '@playwright/test';

/** An ordinary desktop browser: the default "HeadlessChrome" agent would rightly be marked as a bot. */
export const ORDINARY_AGENT =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36';

export default defineConfig({
  testDir: '.',
  testMatch: '*.browser.ts',
  outputDir: '../../artifacts/browser',
  workers: 2,
  timeout: 90_000,
  // A busy machine is no failure: what is waited for is polled, and comes within a second on an idle one.
  expect: { timeout: 15_000 },
  reporter: [['list']],
  use: {
    userAgent: ORDINARY_AGENT,
    locale: 'en-US',
    timezoneId: 'Europe/Berlin',
    launchOptions: {
      executablePath: process.env['HEADWATER_TEST_CHROMIUM'] ?? '/usr/bin/chromium',
      chromiumSandbox: false,
      args: [
        // Every test host lives on this machine; nothing else may be asked for.
        '--host-resolver-rules=MAP *.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--no-first-run',
        '--disable-quic',
        // A hit must look like one of a person's browser: see the user agent above.
        '--disable-blink-features=AutomationControlled',
        // What is sent while a page is left does not know of the agent above.
        `--user-agent=${ORDINARY_AGENT}`,
      ],
    },
  },
});
