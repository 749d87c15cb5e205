import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { readPageUrl } from './acquisition-url.ts';
import { pathSpellings, readablePath, readPath } from './page-path.ts';

const bidi = '%E2%80%AE';
const PATHS: [what: string, escaped: string, readable: string][] = [
  ['letters of Europe', '/caf%C3%A9', '/café'],
  ['hex in small letters', '/caf%c3%a9', '/café'],
  ['an accent apart', '/cafe%CC%81', '/café'],
  ['Cyrillic, Han, Arabic, Thai', '/%D0%BF/%E4%BB%B7/%D8%B3/%E0%B9%84', '/п/价/س/ไ'],
  ['emoji, joined ones too', '/%F0%9F%8E%81/%F0%9F%91%A9%E2%80%8D%F0%9F%92%BB', '/🎁/👩‍💻'],
  ['a joiner of Persian', '/%D9%85%DB%8C%E2%80%8C%D8%AE', '/می‌خ'],
  ['unreserved ASCII', '/%41%7e%2D%5f', '/A~-_'],
  ['a slash, a question mark, a hash', '/a%2fb%3Fc%23d', '/a%2Fb%3Fc%23d'],
  ['a percent sign, twice escaped', '/100%25/%25C3%25A9', '/100%25/%25C3%25A9'],
  ['spaces', '/a%20b%C2%A0c%E3%80%80d', '/a%20b%C2%A0c%E3%80%80d'],
  ['controls', '/a%00b%0Ac%C2%85', '/a%00b%0Ac%C2%85'],
  ['text turned round', `/a${bidi}gpj.exe`, `/a${bidi}gpj.exe`],
  ['what cannot be seen', '/a%E2%80%8Bb%C2%ADc%E3%85%A4', '/a%E2%80%8Bb%C2%ADc%E3%85%A4'],
  ['no UTF-8', '/caf%E9/%C3/%C3%28/%FF', '/caf%E9/%C3/%C3%28/%FF'],
  ['more bytes than needed, half of a pair', '/%C0%AF/%ED%A0%80', '/%C0%AF/%ED%A0%80'],
  ['of no plane', '/%F4%90%80%80', '/%F4%90%80%80'],
  ['private letters', '/%EE%80%80', '/%EE%80%80'],
  ['no escapes', '/100%', '/100%'],
];

test('what people can read is decoded, what means or does something else is not', () => {
  for (const [what, escaped, readable] of PATHS) assert.equal(readablePath(escaped), readable, what);
});

test('the address keeps its escapes, the path is readable, and a route is', () => {
  const page = readPageUrl('https://xn--caf-dma.example/café?utm_source=é');
  assert.deepEqual(
    [page?.url, page?.path, page?.hostname],
    ['https://xn--caf-dma.example/caf%C3%A9?utm_source=%C3%A9', '/café', 'xn--caf-dma.example'],
  );
  const rules = { keptParameters: new Set<string>(), hashRouting: true };
  assert.equal(readPageUrl('https://a.example/é#/prix/été?x=1', rules)?.path, '/é#/prix/été');
});

test('a long path is cut after it is decoded, not within an escape', () => {
  const path = readPageUrl(`https://a.example/${'é'.repeat(400)}`)!.path;
  assert.equal(path, `/${'é'.repeat(400)}`);
});

test('a filter’s value is looked for as it is kept now and as it was kept before', () => {
  assert.deepEqual(pathSpellings('é a'), ['é a', 'é%20a', '%C3%A9%20a', '%c3%a9%20a']);
  assert.deepEqual(pathSpellings('/caf%C3%A9'), ['/caf%C3%A9', '/café', '/caf%c3%a9']);
  assert.deepEqual(pathSpellings('/pricing'), ['/pricing']);
  assert.deepEqual(pathSpellings('\ud800'), ['\ud800', '\ufffd', '%EF%BF%BD', '%ef%bf%bd']);
});

test('property: decoding again changes nothing, and the path that a browser makes of it is the same one', () => {
  const part = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('%C3%A9', '%2F', '%', '%e', '%00', 'é'));
  fc.assert(
    fc.property(fc.array(part), (parts) => {
      const address = URL.parse(`https://a.example/${parts.join('').replaceAll(/[?#\\]/g, '')}`);
      if (!address) return;
      const readable = readablePath(address.pathname);
      assert.equal(readablePath(readable), readable);
      assert.equal(readPath(readable), readable);
      assert.ok(readable.isWellFormed() && !/[\p{Cc}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]/u.test(readable));
      assert.equal(readable.split('/').length, address.pathname.split('/').length);
    }),
  );
});
