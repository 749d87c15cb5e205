import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createSecrets } from './secrets.ts';

describe('secrets', () => {
  const secrets = createSecrets('a secret of this installation');

  it('opens what it sealed, in its place only', () => {
    const sealed = secrets.seal('sk_test_ünïcode', 'connections:c1:key');
    assert.ok(!sealed.includes('sk_test'));
    assert.equal(secrets.open(sealed, 'connections:c1:key'), 'sk_test_ünïcode');
    assert.throws(() => secrets.open(sealed, 'connections:c2:key'));
  });

  it('never seals the same value twice alike', () => {
    assert.notEqual(secrets.seal('x', 'p'), secrets.seal('x', 'p'));
  });

  it('notices any changed character', () => {
    const sealed = secrets.seal('value', 'p');
    const last = sealed.at(-1) === 'A' ? 'B' : 'A';
    assert.throws(() => secrets.open(sealed.slice(0, 20) + last + sealed.slice(21), 'p'));
    assert.throws(() => secrets.open('v1.nothing', 'p'), /not in a known format/);
  });

  it('names the remedy when the secret was changed', () => {
    const other = createSecrets('another secret of the installation');
    assert.throws(() => other.open(secrets.seal('x', 'p'), 'p'), /another HEADWATER_SECRET; restore/);
  });

  it('hashes equal values alike, differently per installation', () => {
    const other = createSecrets('another secret of the installation');
    assert.equal(secrets.hash('a@b.test'), secrets.hash('a@b.test'));
    assert.notEqual(secrets.hash('a@b.test'), other.hash('a@b.test'));
  });
});
