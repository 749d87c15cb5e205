import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRecent } from './recent.ts';

test('keeps what is used, forgets what is not, and never more than its size', () => {
  const recent = createRecent<number>(10);
  recent.set('used', 1);
  for (let i = 0; i < 100; i++) {
    assert.equal(recent.get('used'), 1);
    recent.set(`k${i}`, i);
  }
  const kept = Array.from({ length: 100 }, (_, i) => recent.get(`k${i}`)).filter((value) => value !== undefined);
  assert.ok(kept.length >= 4 && kept.length <= 10, String(kept.length));
  assert.equal(recent.get('k0'), undefined);
  assert.equal(recent.get('k99'), 99);
});

test('a key that is too long is not kept', () => {
  const recent = createRecent<number>(10);
  recent.set('x'.repeat(5000), 1);
  assert.equal(recent.get('x'.repeat(5000)), undefined);
});
