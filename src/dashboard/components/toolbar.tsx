import { Popover } from 'radix-ui';
import { useState } from 'react';
import type { Mode } from '../../core/payment.ts';
import type { OverviewSearch } from '../search.ts';
import { daysOfSearch } from '../search.ts';
import { RANGES, formatDays } from '../time.ts';
import type { RangeName } from '../time.ts';
import { ANY_MODELS, MODEL_NAMES, modelDefinitions } from '../words.ts';
import type { AnyModel } from '../words.ts';
import { useSite } from '../pages/site-frame.tsx';
import { Button, Field, TOOL } from './controls.tsx';
import { CalendarIcon, ChevronIcon, SplitIcon } from './icons.tsx';
import { Menu, MenuChoices, PanelMenu } from './menu.tsx';

export type Change = (change: Partial<Record<keyof OverviewSearch, string | undefined>>) => void;

const PRESETS = (Object.keys(RANGES) as RangeName[]).filter((name) => name !== 'custom');

function RangePanel({ search, today, onChange }: { search: OverviewSearch; today: string; onChange: Change }) {
  const days = daysOfSearch(search, today);
  const [from, setFrom] = useState(days.from);
  const [to, setTo] = useState(days.to);
  const chosen = search.range ?? '30d';
  return (
    <div className="grid gap-3 sm:grid-cols-[11rem_14rem]">
      <ul>
        {PRESETS.map((name) => (
          <li key={name}>
            <Popover.Close asChild>
              <button
                type="button"
                data-testid={`range-${name}`}
                aria-pressed={chosen === name}
                className="w-full rounded-md px-2.5 py-1.5 text-left hover:bg-sunk aria-pressed:bg-accent-soft aria-pressed:font-medium aria-pressed:text-accent"
                onClick={() => onChange({ range: name, from: undefined, to: undefined })}
              >
                {RANGES[name]}
              </button>
            </Popover.Close>
          </li>
        ))}
      </ul>
      <form
        className="flex flex-col gap-3 border-line sm:border-l sm:pl-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (from && to) onChange({ range: 'custom', from: from <= to ? from : to, to: from <= to ? to : from });
        }}
      >
        <Field label="From" type="date" value={from} onChange={(event) => setFrom(event.target.value)} required />
        <Field label="To" type="date" value={to} onChange={(event) => setTo(event.target.value)} required />
        <Button type="submit" look="primary" data-testid="range-apply">
          Show these days
        </Button>
      </form>
    </div>
  );
}

export function RangePicker({ search, today, onChange }: { search: OverviewSearch; today: string; onChange: Change }) {
  const range = search.range ?? '30d';
  const days = daysOfSearch(search, today);
  return (
    <PanelMenu
      className="p-3"
      trigger={
        <button type="button" className={TOOL} data-testid="range-picker">
          <CalendarIcon />
          <span>{range === 'custom' ? formatDays(days) : RANGES[range]}</span>
          <ChevronIcon />
        </button>
      }
    >
      {(closing) => <RangePanel search={search} today={today} onChange={closing(onChange)} />}
    </PanelMenu>
  );
}

export function ModelPicker({ model, onChange }: { model: AnyModel; onChange: Change }) {
  const definitions = modelDefinitions(useSite().models);
  const options = ANY_MODELS.map((value) => ({
    value,
    name: MODEL_NAMES[value],
    description: definitions[value],
  }));
  return (
    <Menu
      wide
      trigger={
        <button
          type="button"
          className={TOOL}
          data-testid="model-picker"
          aria-label={`Attribution model: ${MODEL_NAMES[model]}`}
          title={definitions[model]}
        >
          <SplitIcon />
          <span>{MODEL_NAMES[model]}</span>
          <ChevronIcon />
        </button>
      }
    >
      <MenuChoices value={model} options={options} onChange={(next) => onChange({ model: next })} />
    </Menu>
  );
}

/** Live and test money never add up, so one of them is always chosen, and test is always said. */
export function ModeSwitch({
  mode,
  modes,
  onChange,
}: {
  mode: Mode;
  modes: readonly Mode[];
  onChange: (mode: Mode) => void;
}) {
  // Without a connection there is no money of either kind.
  if (modes.length === 0) return null;
  const isAlone = modes.length === 1 && modes[0] === mode;
  if (isAlone && mode === 'live') return null;
  if (isAlone) {
    return (
      <span
        className="inline-flex h-9 items-center rounded-lg border border-warn-line bg-warn-soft px-3 font-medium text-warn"
        data-testid="mode-badge"
        title="These are payments of Stripe’s test mode: no real money."
      >
        Test mode
      </span>
    );
  }
  return (
    <div role="group" aria-label="Payments" className="inline-flex h-9 rounded-lg border border-line bg-panel p-0.5">
      {(['live', 'test'] as const).map((name) => (
        <button
          key={name}
          type="button"
          aria-pressed={mode === name}
          data-testid={`mode-${name}`}
          onClick={() => onChange(name)}
          className={`rounded-md px-2.5 font-medium text-muted hover:text-ink ${
            name === 'test'
              ? 'aria-pressed:bg-warn-soft aria-pressed:text-warn aria-pressed:ring-1 aria-pressed:ring-warn-line'
              : 'aria-pressed:bg-accent-soft aria-pressed:text-accent'
          }`}
        >
          {name === 'live' ? 'Live' : 'Test mode'}
        </button>
      ))}
    </div>
  );
}
