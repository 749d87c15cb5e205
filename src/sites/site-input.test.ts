import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkSite, siteDomain } from './site-input.ts';

describe('a site as typed', () => {
  const domains: [typed: string, stored: string | null][] = [
    ['example.com', 'example.com'],
    ['  Shop.Example.COM. ', 'shop.example.com'],
    ['https://www.example.com/cart?x=1#y', 'example.com'],
    ['http://example.com:8080', 'example.com'],
    ['example.com/path', 'example.com'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['merchant.test', 'merchant.test'],
    ['somebody.github.io', 'somebody.github.io'],
    ['localhost', 'localhost'],
    ['http://localhost:3000', 'localhost'],
    ['shop.localhost', 'shop.localhost'],
    ['127.0.0.1', '127.0.0.1'],
    ['http://[::1]:8080/', '::1'],
    ['::1', '::1'],
    ['', null],
    ['com', null],
    ['co.uk', null],
    ['github.io', null],
    ['intranet', null],
    ['two words.com', null],
    ['ftp://example.com', null],
    ['javascript:alert(1)', null],
    ['https://user:pass@example.com', null],
    ['-bad-.com', null],
    ['a..com', null],
    [`${'a'.repeat(64)}.com`, null],
    ['<script>.com', null],
  ];
  for (const [typed, stored] of domains) {
    it(`reads the domain "${typed.slice(0, 40)}" as ${stored}`, () => assert.equal(siteDomain(typed), stored));
  }

  it('takes IANA zones in any case and refuses offsets', () => {
    const zone = (timezone: string) => {
      const checked = checkSite({ timezone });
      return checked.ok ? checked.value.timezone : checked.field;
    };
    assert.deepEqual(
      ['UTC', 'Europe/Berlin', 'europe/berlin', 'Asia/Kolkata', '+02:00', 'CEST!', 'Mars/Base', ''].map(zone),
      ['UTC', 'Europe/Berlin', 'Europe/Berlin', 'Asia/Kolkata', 'timezone', 'timezone', 'timezone', 'timezone'],
    );
  });

  it('takes currencies Stripe knows, lower case, and checks only what is given', () => {
    assert.deepEqual(checkSite({ currency: 'EUR' }), { ok: true, value: { currency: 'eur' } });
    for (const currency of ['xxx', 'eu', '€']) assert.equal(checkSite({ currency }).ok, false);
    assert.deepEqual(checkSite({}), { ok: true, value: {} });
  });
});
