import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Filter, FilterNode } from '../core/report.ts';
import { alternativesOf, filterable, nodeOf, nodeText } from './filters.ts';

const google: Filter = ['source', 'is', ['google', '(direct)']];
const spring: Filter = ['landing_page', 'does_not_contain', ['/sale']];

const texts: [node: FilterNode, text: string, isEditable: boolean][] = [
  [google, 'Source is google or Direct', true],
  [spring, 'Landing page does not contain /sale', true],
  [['or', google, spring], 'Source is google, Direct or Landing page does not contain /sale', true],
  [['and', google, spring], 'Source is google, Direct and Landing page does not contain /sale', false],
  [
    ['or', google, ['and', spring, spring]],
    'Source is google, Direct or (Landing page does not contain /sale and Landing page does not contain /sale)',
    false,
  ],
];
for (const [node, text, isEditable] of texts) {
  test(text, () => {
    assert.equal(nodeText(node), text);
    const alternatives = alternativesOf(node);
    assert.equal(alternatives !== null, isEditable);
    if (alternatives) assert.deepEqual(nodeOf(alternatives), node);
  });
}

test('conditions without values are left out', () => {
  assert.equal(nodeOf([['source', 'is', []]]), null);
  assert.deepEqual(nodeOf([['source', 'is', []], google]), google);
});

test('only dimensions that every number of the page can be split by are offered', () => {
  const offered = filterable(['visitors', 'revenue', 'customers']);
  assert.ok(offered.includes('landing_page') && offered.includes('device'));
  for (const never of ['page', 'exit_page', 'currency', 'day'] as const) assert.ok(!offered.includes(never), never);
});
