import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { readHandOver, writeHandOver } from './hand-over.ts';
import { isWellFormedId } from './link.ts';
import { isSignedVisitor, signVisitor } from './visitor-id.ts';

const signWith = (key: string) => (text: string) => createHmac('sha256', key).update(text).digest('hex');
const sign = signWith('ours');
const NOW = Date.UTC(2026, 10, 20, 12);

const idText = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);
const hostText = fc.constantFrom('shop.example', 'pay.example', 'a.b.example');
/** A text with one character changed for another. */
const changed = (text: string, at: number, by: number): string => {
  const place = at % text.length;
  const other = String.fromCharCode(33 + ((text.charCodeAt(place) - 33 + 1 + (by % 90)) % 92));
  return text.slice(0, place) + other + text.slice(place + 1);
};

describe('signed visitor ids', () => {
  it('are ids, the same for the same id, and stay what they are', () => {
    fc.assert(
      fc.property(idText, (id) => {
        const signed = signVisitor('s1', id, sign);
        assert.ok(isWellFormedId(signed), signed);
        assert.ok(isSignedVisitor('s1', signed, sign));
        assert.equal(signVisitor('s1', signed, sign), signed);
        assert.ok(!isSignedVisitor('s2', signed, sign), 'another site');
        assert.ok(!isSignedVisitor('s1', signed, signWith('theirs')), 'another installation');
      }),
    );
  });

  it('differ for different ids, long ones too', () => {
    fc.assert(
      fc.property(idText, idText, (a, b) => {
        assert.equal(signVisitor('s1', a, sign) === signVisitor('s1', b, sign), a === b);
      }),
    );
  });

  it('are not taken with any character changed, nor of any text', () => {
    fc.assert(
      fc.property(idText, fc.nat(), fc.nat(), fc.string(), (id, at, by, text) => {
        assert.ok(!isSignedVisitor('s1', changed(signVisitor('s1', id, sign), at, by), sign));
        assert.ok(!isSignedVisitor('s1', text, sign));
        assert.ok(!isSignedVisitor('s1', `${text}_${'0'.repeat(24)}`, sign));
      }),
    );
  });
});

describe('a hand-over', () => {
  const place = { site: 's1', host: 'pay.example' };
  it('says who comes, until it expires and only where it was meant for', () => {
    fc.assert(
      fc.property(idText, hostText, fc.integer({ min: -500_000, max: 500_000 }), (visitor, host, later) => {
        const given = { visitor, expiresAt: NOW + 120_000, nonce: 'n0nce-n0nce' };
        const token = writeHandOver(given, { site: 's1', host }, sign);
        assert.equal(new URLSearchParams(`hw_h=${token}`).get('hw_h'), token, 'needs no escaping');
        const read = readHandOver(token, { ...place, now: NOW + later }, sign);
        if (host !== place.host) assert.deepEqual(read, { refused: 'forged' });
        else assert.deepEqual(read, later <= 120_000 ? given : { refused: 'expired' });
        assert.deepEqual(readHandOver(token, { site: 's2', host, now: NOW }, sign), { refused: 'forged' });
      }),
    );
  });

  it('is refused with any character changed, and so is any text', () => {
    const token = writeHandOver({ visitor: 'v1', expiresAt: NOW + 1, nonce: 'n0nce-n0nce' }, place, sign);
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.string(), (at, by, text) => {
        assert.ok('refused' in readHandOver(changed(token, at, by), { ...place, now: NOW }, sign));
        assert.deepEqual(readHandOver(text, { ...place, now: NOW }, sign), { refused: 'malformed' });
        assert.ok('refused' in readHandOver(`v2${token.slice(2)}`, { ...place, now: NOW }, sign));
      }),
    );
  });
});
