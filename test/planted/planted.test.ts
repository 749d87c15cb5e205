// The list of planted bugs stands in the code as it is; `node test/planted/run.ts` plants them.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { BUGS } from './bugs.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

describe('planted bugs', () => {
  for (const { name, file, find, replace, tests } of BUGS) {
    it(name, () => {
      assert.ok(existsSync(root + file), `there is no ${file}: where is this decided now?`);
      const count = readFileSync(root + file, 'utf8').split(find).length - 1;
      assert.equal(count, 1, `the text to replace occurs ${count} times in ${file}, not once: write it anew\n${find}`);
      assert.notEqual(find, replace);
      assert.ok(tests.length > 0);
      for (const test of tests) {
        const path = typeof test === 'string' ? test : test.file;
        assert.ok(existsSync(root + path), `there is no test ${path}`);
      }
    });
  }

  it('have names of their own', () => {
    assert.equal(new Set(BUGS.map(({ name }) => name)).size, BUGS.length);
  });
});
