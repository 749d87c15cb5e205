import type { SiteAnswer } from '../../http/contract-sites.ts';
import type { SiteModelsChange } from '../../http/contract-models.ts';
import { useTitle } from '../components/card-page.tsx';
import { Choice, Field } from '../components/controls.tsx';
import { RecomputeNote } from '../components/recompute-note.tsx';
import { SaveSite, useSiteForm } from '../components/site-form.tsx';
import { useSite } from './site-frame.tsx';

export function AttributionPage() {
  const site = useSite();
  useTitle(`Attribution · ${site.name}`);
  const form = useSiteForm(site.id, [], (fields) => ({ models: changeOf(fields) }));
  return (
    <div className="flex flex-col gap-4">
      <div>
        <h1 className="text-xl font-semibold tracking-tight">Attribution</h1>
        <p className="mt-1 text-muted">
          How paths are read and what the models weigh, for every report of this site. A change has all payments
          credited again; to see first what it would do, ask “what if” under Models.
        </p>
      </div>
      <RecomputeNote siteId={site.id} />
      <form onSubmit={form.onSubmit} className="panel flex max-w-lg flex-col gap-5 p-5" data-testid="attribution-form">
        <PathFields models={site.models} />
        <WeightFields models={site.models} />
        <CustomFields custom={site.models.custom} />
        <SaveSite form={form} testId="form-error" />
      </form>
    </div>
  );
}

type Models = SiteAnswer['models'];

function PathFields({ models }: { models: Models }) {
  return (
    <fieldset className="flex flex-col gap-4">
      <legend className="mb-1 font-semibold">Paths</legend>
      <Field
        label="Lookback window, days"
        name="window"
        inputMode="numeric"
        pattern="[1-9][0-9]{0,2}"
        placeholder="Lifetime"
        defaultValue={models.window_days ?? ''}
        hint="1 to 365 days before the payment, or before its subscription began. Empty: lifetime."
      />
      <Choice label="Direct visits" name="direct" defaultValue={models.ignore_direct ? 'ignore' : 'keep'}>
        <option value="keep">Count like any other</option>
        <option value="ignore">Ignored, unless there is nothing else</option>
      </Choice>
      <Choice
        label="Repeats in a row"
        name="repeats"
        defaultValue={models.collapse_repeats ? 'collapse' : 'keep'}
        hint="Of the same channel, source, medium and campaign."
      >
        <option value="keep">Each counts</option>
        <option value="collapse">Only the first counts</option>
      </Choice>
      <Choice label="Renewals follow" name="renewals" defaultValue={models.renewals}>
        <option value="first_path">The path that began the subscription</option>
        <option value="latest_touch">All visits up to each renewal</option>
      </Choice>
    </fieldset>
  );
}

function WeightFields({ models }: { models: Models }) {
  const { first, middle, last } = models.position_percents;
  const percent = { type: 'number', min: 0, max: 100, step: 1, required: true } as const;
  return (
    <fieldset className="flex flex-col gap-4">
      <legend className="mb-1 font-semibold">Weights</legend>
      <div>
        <p className="mb-1">Position-based, in per cent; they add up to 100.</p>
        <div className="grid grid-cols-3 gap-3">
          <Field label="First" name="first" {...percent} defaultValue={first} />
          <Field label="Between" name="middle" {...percent} defaultValue={middle} />
          <Field label="Last" name="last" {...percent} defaultValue={last} />
        </div>
      </div>
      <Field
        label="Time decay: half-life, hours"
        name="half_life"
        type="number"
        min={1}
        max={8760}
        step={1}
        required
        defaultValue={models.half_life_hours}
        hint="168 hours are 7 days."
      />
    </fieldset>
  );
}

function CustomFields({ custom }: { custom: Models['custom'] }) {
  const list = { pattern: '[0-9 ,]*', spellCheck: false } as const;
  return (
    <fieldset className="flex flex-col gap-4">
      <legend className="mb-1 font-semibold">Custom model</legend>
      <Field
        label="Name"
        name="custom_name"
        maxLength={60}
        placeholder="No custom model"
        defaultValue={custom?.name}
        hint="Empty: the custom model gives equal parts."
      />
      <Field
        label="From the start"
        name="from_start"
        {...list}
        defaultValue={custom?.from_start.join(', ')}
        placeholder="50, 20"
        hint="Weights of the first visit, the second, …: whole numbers from 0 to 1,000, of any sum."
      />
      <Field
        label="From the end"
        name="from_end"
        {...list}
        defaultValue={custom?.from_end.join(', ')}
        placeholder="10"
        hint="Of the last visit, the last but one, …"
      />
      <Field
        label="Shared by all others"
        name="others"
        type="number"
        min={0}
        max={1000}
        step={1}
        defaultValue={custom?.others ?? 0}
      />
    </fieldset>
  );
}

function changeOf(fields: Record<string, string>): SiteModelsChange {
  const number = (name: string) => Number(fields[name]);
  const list = (name: string) =>
    (fields[name] ?? '')
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean)
      .map(Number);
  const name = fields.custom_name?.trim() ?? '';
  return {
    window_days: fields.window?.trim() ? number('window') : null,
    ignore_direct: fields.direct === 'ignore',
    collapse_repeats: fields.repeats === 'collapse',
    renewals: fields.renewals === 'latest_touch' ? 'latest_touch' : 'first_path',
    position_percents: { first: number('first'), middle: number('middle'), last: number('last') },
    half_life_hours: number('half_life'),
    custom:
      name === ''
        ? null
        : { name, from_start: list('from_start'), others: number('others'), from_end: list('from_end') },
  };
}
