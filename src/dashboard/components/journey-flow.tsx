import { useState } from 'react';
import type { FlowAnswer } from '../../http/contract-journeys.ts';
import { layoutFlow, NODE_WIDTH } from '../journey-layout.ts';
import type { PlacedLink, PlacedNode } from '../journey-layout.ts';
import { formatCount, formatMoney, formatShare } from '../money.ts';
import { UNATTRIBUTED } from '../words.ts';
import { PanelHead, stepName } from './journey-panel.tsx';
import { useWidth } from './width.ts';

type Measure = 'conversions' | 'revenue';

/** Narrower columns would cut their labels; the sheet scrolls instead. */
const COLUMN_MIN = 168;
const TOP = 40;
const LABEL_ROOM = 92;

/** Where paths begin, what follows, and the purchase. */
export function JourneyFlow({ answer }: { answer: FlowAnswer }) {
  const [measure, setMeasure] = useState<Measure>('conversions');
  return (
    <section className="panel overflow-hidden" aria-label="Flow to the purchase">
      <PanelHead
        title="From the first visit to the purchase"
        action={<MeasureSwitch measure={measure} onChange={setMeasure} />}
      >
        Every payment of these days, along the visits it is credited to. Bands are as wide as{' '}
        {measure === 'conversions' ? 'the number of payments' : 'the revenue'} they carry; paths that ended early run
        below to the purchase.
      </PanelHead>
      <Sheet answer={answer} measure={measure} />
      <FlowTable answer={answer} />
    </section>
  );
}

function MeasureSwitch({ measure, onChange }: { measure: Measure; onChange: (measure: Measure) => void }) {
  return (
    <div
      role="group"
      aria-label="Band width"
      className="inline-flex h-8 rounded-lg border border-line bg-panel p-0.5 text-[0.9rem]"
    >
      {(['conversions', 'revenue'] as const).map((name) => (
        <button
          key={name}
          type="button"
          aria-pressed={measure === name}
          data-testid={`flow-${name}`}
          onClick={() => onChange(name)}
          className="rounded-md px-2.5 text-muted hover:text-ink aria-pressed:bg-accent-soft aria-pressed:font-medium aria-pressed:text-accent"
        >
          {name === 'conversions' ? 'Payments' : 'Revenue'}
        </button>
      ))}
    </div>
  );
}

function Sheet({ answer, measure }: { answer: FlowAnswer; measure: Measure }) {
  const { ref, width } = useWidth();
  const [active, setActive] = useState<string | null>(null);
  const columns = new Set(answer.nodes.map((node) => node.step)).size;
  const sheet = Math.max(width, columns * COLUMN_MIN);
  const layout = layoutFlow(answer, sheet - LABEL_ROOM, measure);
  const chars = Math.floor(((sheet - LABEL_ROOM) / Math.max(1, columns - 1) - 30) / CHAR_WIDTH);
  const isLit = (link: PlacedLink) => active === link.key || active === link.source || active === link.target;
  const total = answer.nodes.filter((node) => node.step === 0).reduce((sum, node) => sum + node[measure], 0);
  return (
    <div ref={ref} className="overflow-x-auto overflow-y-hidden px-4 sm:px-5" data-testid="flow-sheet">
      {width > 0 ? (
        <svg
          width={sheet}
          height={layout.height + TOP}
          role="img"
          aria-label="Flow of payments from the first visit to the purchase; the same numbers stand in the table below."
          className="figure block"
          onPointerLeave={() => setActive(null)}
        >
          {columnHeads(layout.nodes).map(({ x, text }) => (
            <text key={x} x={x} y={14} className="fill-muted text-[11px]">
              {text}
            </text>
          ))}
          <g transform={`translate(0 ${TOP})`}>
            {layout.links.map((link) => (
              <path
                key={link.key}
                d={link.path}
                fill="none"
                strokeWidth={link.width}
                className={`${bandTone(link)} transition-[stroke-opacity] duration-150`}
                strokeOpacity={active === null ? 0.3 : isLit(link) ? 0.6 : 0.1}
                onPointerEnter={() => setActive(link.key)}
              >
                <title>{linkText(link, answer)}</title>
              </path>
            ))}
            {layout.nodes.map((node) => (
              <Node
                key={node.id}
                node={node}
                answer={answer}
                measure={measure}
                share={total > 0 ? node[measure] / total : 0}
                chars={chars}
                onEnter={() => setActive(node.id)}
              />
            ))}
          </g>
        </svg>
      ) : (
        <div className="h-80" />
      )}
    </div>
  );
}

const STEP_NAMES = ['First visit', 'Second', 'Third', 'Fourth', 'Fifth', 'Sixth', 'Seventh', 'Eighth'];

function columnHeads(nodes: readonly PlacedNode[]): { x: number; text: string }[] {
  const heads = new Map(
    nodes.map(({ x, step, label }) => [x, label === '(purchase)' ? 'Paid' : (STEP_NAMES[step] ?? '')]),
  );
  return [...heads].map(([x, text]) => ({ x, text }));
}

const labelOf = (id: string): string => id.slice(id.indexOf(':') + 1);
const isUnknown = (label: string) => label === UNATTRIBUTED;
const isRest = (label: string) => label === '(other)' || label === '(more)';

function bandTone({ source }: PlacedLink): string {
  const label = labelOf(source);
  if (isUnknown(label)) return 'stroke-warn';
  return isRest(label) ? 'stroke-control' : 'stroke-accent';
}

function linkText(link: PlacedLink, { currency, dimension }: FlowAnswer): string {
  const [from, to] = [link.source, link.target].map((id) => stepName(labelOf(id), dimension));
  return `${from} → ${to}: ${countOf(link.conversions)}, ${formatMoney(link.revenue, currency)}`;
}

const countOf = (count: number): string => `${formatCount(count)} ${count === 1 ? 'payment' : 'payments'}`;
/** Of the label’s font, on average. */
const CHAR_WIDTH = 6.6;
const LABEL_CHARS_MAX = 48;

function Node({
  node,
  answer,
  measure,
  share,
  chars,
  onEnter,
}: {
  node: PlacedNode;
  answer: FlowAnswer;
  measure: Measure;
  share: number;
  /** As many as have room. */
  chars: number;
  onEnter: () => void;
}) {
  const name = stepName(node.label, answer.dimension);
  const amount = measure === 'conversions' ? formatCount(node.conversions) : formatMoney(node.revenue, answer.currency);
  const middle = node.y + node.height / 2;
  const tone = isUnknown(node.label) ? 'fill-warn' : isRest(node.label) ? 'fill-control' : 'fill-accent';
  return (
    <g onPointerEnter={onEnter} data-testid="flow-node" data-node={node.id}>
      <title>{`${name}: ${countOf(node.conversions)}, ${formatMoney(node.revenue, answer.currency)}`}</title>
      <rect x={node.x} y={node.y} width={NODE_WIDTH} height={node.height} rx={2} className={tone} />
      <g className="stroke-panel" strokeWidth={3} strokeLinejoin="round" paintOrder="stroke">
        <text x={node.x + NODE_WIDTH + 6} y={middle - 2} className="fill-ink text-[12px] font-medium">
          {shortened(name, node.label === '(purchase)' ? name.length : Math.min(chars, LABEL_CHARS_MAX))}
        </text>
        <text x={node.x + NODE_WIDTH + 6} y={middle + 12} className="fill-muted text-[11px]">
          {amount} · {formatShare(share)}
        </text>
      </g>
    </g>
  );
}

const shortened = (name: string, chars: number): string =>
  name.length > chars ? `${[...name].slice(0, chars - 1).join('')}…` : name;

/** The same numbers for who does not see the drawing, and for who wants them exact. */
function FlowTable({ answer }: { answer: FlowAnswer }) {
  const { currency, dimension } = answer;
  const stepOf = new Map(answer.nodes.map((node) => [node.id, node.step]));
  const links = answer.links.toSorted(
    (a, b) => stepOf.get(a.source)! - stepOf.get(b.source)! || b.conversions - a.conversions,
  );
  return (
    <details className="border-t border-line" data-testid="flow-table">
      <summary className="cursor-pointer px-4 py-3 font-medium hover:bg-sunk/70 sm:px-5">As a table</summary>
      <div className="overflow-x-auto px-4 pb-4 sm:px-5">
        <table className="w-full text-left text-[0.93rem]">
          <thead className="label">
            <tr>
              <th className="py-1.5 pr-4 font-normal">Step</th>
              <th className="py-1.5 pr-4 font-normal">From</th>
              <th className="py-1.5 pr-4 font-normal">To</th>
              <th className="py-1.5 pr-4 text-right font-normal">Payments</th>
              <th className="py-1.5 text-right font-normal">Revenue</th>
            </tr>
          </thead>
          <tbody>
            {links.map((link) => (
              <tr key={`${link.source} ${link.target}`} className="border-t border-line">
                <td className="py-1.5 pr-4 text-muted">{stepOf.get(link.source)! + 1}</td>
                <td className="max-w-60 truncate py-1.5 pr-4">{stepName(labelOf(link.source), dimension)}</td>
                <td className="max-w-60 truncate py-1.5 pr-4">{stepName(labelOf(link.target), dimension)}</td>
                <td className="py-1.5 pr-4 text-right">{formatCount(link.conversions)}</td>
                <td className="py-1.5 text-right whitespace-nowrap">{formatMoney(link.revenue, currency)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
