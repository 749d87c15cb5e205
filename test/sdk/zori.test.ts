// What code written for Zori meets on a server. In a browser: test/browser/sdk.browser.ts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import { TrackClick, useZori, ZoriProvider } from '../../sdk/src/zori.ts';

test('session and consent are answered at once, and a tracked click is a button', () => {
  function Banner() {
    const { getSessionId, hasConsent, isInitialized } = useZori();
    return createElement('p', null, JSON.stringify([hasConsent(), getSessionId(), isInitialized]));
  }
  const config = { publishableKey: 's', baseUrl: 'https://stats.test/ingest' };
  const click = createElement(TrackClick, { eventName: 'cta' }, 'Sign up');
  const html = renderToString(createElement(ZoriProvider, { config }, createElement(Banner), click));
  assert.equal(html, '<p>[true,null,false]</p><button>Sign up</button>');
});
