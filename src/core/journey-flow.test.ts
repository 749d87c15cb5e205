import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { flowOf, PURCHASE } from './journey-flow.ts';
import type { FlowPath } from './journey-flow.ts';

const path = (labels: string, conversions: number, revenueMinor: number): FlowPath => ({
  labels: labels.split(' > '),
  conversions,
  revenueMinor,
});

test('paths of different lengths all end in the purchase', () => {
  const { nodes, links } = flowOf([path('Ads > Email', 2, 50_00), path('Email', 1, 10_00), path('Ads', 3, 5_00)], {
    steps: 3,
    nodes: 5,
  });
  assert.deepEqual(
    nodes.map(({ id, conversions, revenueMinor }) => [id, conversions, revenueMinor]),
    [
      ['0:Ads', 5, 55_00],
      ['0:Email', 1, 10_00],
      ['1:Email', 2, 50_00],
      [`3:${PURCHASE}`, 6, 65_00],
    ],
  );
  assert.deepEqual(
    links.map(({ from, to, conversions }) => `${from} → ${to}: ${conversions}`),
    ['0:Ads → 1:Email: 2', '1:Email → 3:(purchase): 2', '0:Email → 3:(purchase): 1', '0:Ads → 3:(purchase): 3'],
  );
});

test('rare labels of a step are one node, and what was left out of long paths is told', () => {
  const { nodes } = flowOf([path('a > (more) > z', 9, 0), path('b > c', 2, 0), path('d', 1, 0), path('e', 1, 0)], {
    steps: 3,
    nodes: 1,
  });
  assert.deepEqual(
    nodes.map(({ id, conversions }) => [id, conversions]),
    [
      ['0:a', 9],
      ['0:(other)', 4],
      ['1:(more)', 9],
      ['1:c', 2],
      ['2:z', 9],
      [`3:${PURCHASE}`, 13],
    ],
  );
});

const labels = fc.array(fc.constantFrom('a', 'b', 'c', 'd', '(unattributed)', '(other)', '(more)'), {
  minLength: 1,
  maxLength: 6,
});
const anyPaths = fc.array(
  fc.record({
    labels,
    conversions: fc.integer({ min: 0, max: 50 }),
    revenueMinor: fc.integer({ min: -9_999, max: 99_999 }),
  }),
  { maxLength: 30 },
);
const size = fc.record({ steps: fc.integer({ min: 2, max: 6 }), nodes: fc.integer({ min: 1, max: 4 }) });

describe('of any paths', () => {
  const amounts = ['conversions', 'revenueMinor'] as const;
  const sum = (rows: readonly { conversions: number; revenueMinor: number }[], of: (typeof amounts)[number]) =>
    rows.reduce((total, row) => total + row[of], 0);

  test('what comes into a node is what goes out of it', () => {
    fc.assert(
      fc.property(anyPaths, size, (paths, { steps, nodes: most }) => {
        const { nodes, links } = flowOf(paths, { steps, nodes: most });
        for (const node of nodes) {
          for (const of of amounts) {
            const into = sum(
              links.filter((link) => link.to === node.id),
              of,
            );
            const out = sum(
              links.filter((link) => link.from === node.id),
              of,
            );
            if (node.step > 0) assert.equal(into, node[of], `into ${node.id}`);
            if (node.step < steps) assert.equal(out, node[of], `out of ${node.id}`);
          }
        }
        for (const step of [0, steps]) {
          for (const of of amounts) {
            assert.equal(
              sum(
                nodes.filter((node) => node.step === step),
                of,
              ),
              sum(paths, of),
              `step ${step}`,
            );
          }
        }
      }),
    );
  });

  test('no step has more nodes than allowed, "(other)" and "(more)" beside them', () => {
    fc.assert(
      fc.property(anyPaths, size, (paths, { steps, nodes: most }) => {
        const { nodes, links } = flowOf(paths, { steps, nodes: most });
        for (let step = 0; step < steps; step += 1) {
          assert.ok(nodes.filter((node) => node.step === step).length <= most + 2);
        }
        assert.equal(new Set(nodes.map((node) => node.id)).size, nodes.length);
        assert.equal(new Set(links.map(({ from, to }) => `${from} ${to}`)).size, links.length);
      }),
    );
  });
});
