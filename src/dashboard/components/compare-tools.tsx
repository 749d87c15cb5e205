import { DropdownMenu } from 'radix-ui';
import type { SiteModelsAnswer } from '../../http/contract-models.ts';
import type { CompareSearch } from '../compare-search.ts';
import { COMPARED_DIMENSIONS, COMPARED_METRICS, modelsOf } from '../compare-search.ts';
import { ANY_MODELS, MODEL_NAMES, dimensionName, hoursText, modelDefinitions } from '../words.ts';
import { Button, Choice, Field, TOOL } from './controls.tsx';
import { CheckIcon, ChevronIcon, SplitIcon } from './icons.tsx';
import { Menu, MenuChoices, PanelMenu } from './menu.tsx';

export type CompareChange = (change: Partial<Record<keyof CompareSearch, string | undefined>>) => void;
interface Props {
  search: CompareSearch;
  onChange: CompareChange;
}

/** Any number of models; the last one stays. */
export function ModelsPicker({ search, onChange, settings }: Props & { settings: SiteModelsAnswer }) {
  const chosen = modelsOf(search.models);
  const definitions = modelDefinitions(settings);
  return (
    <Menu
      wide
      trigger={
        <button
          type="button"
          className={TOOL}
          data-testid="models-picker"
          aria-label={`Models: ${chosen.length} chosen`}
        >
          <SplitIcon />
          <span>{chosen.length === 1 ? MODEL_NAMES[chosen[0]!] : `${chosen.length} models`}</span>
          <ChevronIcon />
        </button>
      }
    >
      {ANY_MODELS.map((model) => {
        const isChosen = chosen.includes(model);
        const next = isChosen ? chosen.filter((one) => one !== model) : [...chosen, model];
        return (
          <DropdownMenu.CheckboxItem
            key={model}
            checked={isChosen}
            disabled={isChosen && chosen.length === 1}
            textValue={MODEL_NAMES[model]}
            data-testid={`option-${model}`}
            className="menu-item data-[disabled]:opacity-60"
            onSelect={(event) => event.preventDefault()}
            onCheckedChange={() => onChange({ models: next.join(',') })}
          >
            <span className="mt-0.5 w-4 shrink-0 text-accent">{isChosen ? <CheckIcon /> : null}</span>
            <span className="min-w-0">
              <span className="block truncate font-medium">{MODEL_NAMES[model]}</span>
              <span className="label block">{definitions[model]}</span>
            </span>
          </DropdownMenu.CheckboxItem>
        );
      })}
    </Menu>
  );
}

export function ByPicker({ search, onChange }: Props) {
  const dimension = search.dimension ?? 'source';
  const metric = search.metric ?? 'revenue';
  const options = (names: readonly string[]) => names.map((value) => ({ value, name: dimensionName(value) }));
  return (
    <>
      <Menu
        trigger={
          <button
            type="button"
            className={TOOL}
            data-testid="metric-picker"
            aria-label={`Metric: ${dimensionName(metric)}`}
          >
            <span>{dimensionName(metric)}</span>
            <ChevronIcon />
          </button>
        }
      >
        <MenuChoices
          value={metric as string}
          options={options(COMPARED_METRICS)}
          onChange={(next) => onChange({ metric: next })}
        />
      </Menu>
      <Menu
        trigger={
          <button
            type="button"
            className={TOOL}
            data-testid="dimension-picker"
            aria-label={`By ${dimensionName(dimension)}`}
          >
            <span>
              <span className="text-muted">by</span> {dimensionName(dimension).toLowerCase()}
            </span>
            <ChevronIcon />
          </button>
        }
      >
        <MenuChoices
          value={dimension as string}
          options={options(COMPARED_DIMENSIONS)}
          onChange={(next) => onChange({ dimension: next, value: undefined })}
        />
      </Menu>
    </>
  );
}

export const WHAT_IF = ['window', 'half_life', 'weights', 'direct', 'repeats'] as const;

/** Settings other than the site's, for this question only. */
export function WhatIfPicker({ search, onChange, settings }: Props & { settings: SiteModelsAnswer }) {
  const count = WHAT_IF.filter((name) => search[name] !== undefined).length;
  return (
    <PanelMenu
      className="w-80 max-w-[calc(100vw-24px)] p-4"
      trigger={
        <button type="button" className={TOOL} data-testid="what-if-picker">
          <span>{count === 0 ? 'Site’s settings' : `What if: ${count} changed`}</span>
          <ChevronIcon />
        </button>
      }
    >
      {(closing) => <WhatIfForm search={search} settings={settings} onChange={closing(onChange)} />}
    </PanelMenu>
  );
}

function WhatIfForm({ search, onChange, settings }: Props & { settings: SiteModelsAnswer }) {
  const own = settings.window_days === null ? 'lifetime' : `${settings.window_days} days`;
  const percents = Object.values(settings.position_percents).join('/');
  return (
    <form
      className="flex flex-col gap-3"
      data-testid="what-if-form"
      onSubmit={(event) => {
        event.preventDefault();
        const fields = new FormData(event.currentTarget);
        const said = (name: string) => String(fields.get(name) ?? '').trim() || undefined;
        const days = said('window');
        onChange({
          window: days === undefined || days === 'lifetime' ? days : `${days}d`,
          half_life: said('half_life') && `${said('half_life')}h`,
          weights: said('weights'),
          direct: said('direct'),
          repeats: said('repeats'),
        });
      }}
    >
      <p className="label">For this question only: credits are computed anew from the whole paths.</p>
      <Field
        label="Lookback window, days"
        name="window"
        pattern="lifetime|[1-9][0-9]{0,2}"
        placeholder={`Site’s own: ${own}`}
        defaultValue={search.window?.replace(/d$/, '')}
        hint="1 to 365, or lifetime."
      />
      <Field
        label="Half-life, hours"
        name="half_life"
        pattern="[1-9][0-9]{0,3}"
        inputMode="numeric"
        placeholder={`Site’s own: ${hoursText(settings.half_life_hours)}`}
        defaultValue={search.half_life?.replace(/h$/, '')}
      />
      <Field
        label="Position-based weights"
        name="weights"
        pattern="[0-9]{1,3}/[0-9]{1,3}/[0-9]{1,3}"
        placeholder={`Site’s own: ${percents}`}
        defaultValue={search.weights}
      />
      <Choice label="Direct visits" name="direct" defaultValue={search.direct ?? ''}>
        <option value="">Site’s own: {settings.ignore_direct ? 'ignored' : 'counted'}</option>
        <option value="keep">Counted</option>
        <option value="ignore">Ignored, unless alone</option>
      </Choice>
      <Choice label="Repeats in a row" name="repeats" defaultValue={search.repeats ?? ''}>
        <option value="">Site’s own: {settings.collapse_repeats ? 'count once' : 'counted'}</option>
        <option value="keep">Counted</option>
        <option value="collapse">Count once</option>
      </Choice>
      <div className="flex gap-2">
        <Button type="submit" look="primary" data-testid="what-if-apply">
          Compute
        </Button>
        <Button onClick={() => onChange(Object.fromEntries(WHAT_IF.map((name) => [name, undefined])))}>
          Site’s settings
        </Button>
      </div>
    </form>
  );
}
