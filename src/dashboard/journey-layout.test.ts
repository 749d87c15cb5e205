import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { flowOf } from '../core/journey-flow.ts';
import { layoutFlow } from './journey-layout.ts';

const paths = fc.array(
  fc.record({
    labels: fc.array(fc.constantFrom('Ads', 'Email', 'Direct', '(unattributed)'), { minLength: 1, maxLength: 5 }),
    conversions: fc.integer({ min: 1, max: 50 }),
    revenueMinor: fc.integer({ min: -100, max: 99_999 }),
  }),
  { minLength: 1, maxLength: 20 },
);

test('any flow: nodes of a column stand apart, ribbons fit their nodes, everything is on the sheet', () => {
  fc.assert(
    fc.property(
      paths,
      fc.integer({ min: 2, max: 5 }),
      fc.constantFrom('conversions', 'revenue'),
      (some, steps, measure) => {
        const { nodes, links } = flowOf(some, { steps, nodes: 3 });
        const money = <T extends { revenueMinor: number }>({ revenueMinor, ...rest }: T) => ({
          ...rest,
          revenue: revenueMinor,
        });
        const flow = {
          steps,
          nodes: nodes.map(money),
          links: links.map(({ from, to, ...sums }) => money({ source: from, target: to, ...sums })),
        };
        const layout = layoutFlow(flow, 900, measure as 'conversions');
        assert.equal(layout.links.length, links.length);
        for (const column of Map.groupBy(layout.nodes, (node) => node.x).values()) {
          const sorted = column.toSorted((a, b) => a.y - b.y);
          for (const [index, node] of sorted.slice(1).entries()) {
            const above = sorted[index]!;
            assert.ok(node.y >= above.y + above.height, `${node.id} stands on ${above.id}`);
          }
        }
        for (const node of layout.nodes) {
          assert.ok(node.y >= 0 && node.y + node.height <= layout.height, node.id);
          assert.ok(node.x >= 0 && node.x <= 900, node.id);
        }
        for (const link of layout.links) assert.doesNotMatch(link.path, /NaN|undefined|Infinity/, link.key);
      },
    ),
  );
});

test('what ended early runs below the later steps', () => {
  const flow = flowOf(
    [
      { labels: ['Ads', 'Email'], conversions: 1, revenueMinor: 0 },
      { labels: ['Ads'], conversions: 1, revenueMinor: 0 },
    ],
    { steps: 2, nodes: 3 },
  );
  const layout = layoutFlow(
    {
      steps: 2,
      nodes: flow.nodes.map((node) => ({ ...node, revenue: 0 })),
      links: flow.links.map((link) => ({ ...link, source: link.from, target: link.to, revenue: 0 })),
    },
    910,
    'conversions',
  );
  const email = layout.nodes.find((node) => node.label === 'Email')!;
  const early = layout.links.find((link) => link.source === '0:Ads' && link.target === '2:(purchase)')!;
  const passes = /([\d.]+),([\d.]+)L/.exec(early.path)!;
  assert.equal(Number(passes[1]), email.x);
  assert.ok(Number(passes[2]) > email.y + email.height);
});
