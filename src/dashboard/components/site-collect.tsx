import type { ReactNode } from 'react';
import type { SiteAnswer } from '../../http/contract-sites.ts';
import type { SiteCollectAnswer } from '../../http/contract-collect.ts';
import { fieldError } from '../form.ts';
import { Area, Choice } from './controls.tsx';
import { SaveSite, useSiteForm } from './site-form.tsx';

const EXCLUDED = [
  ['excluded_addresses', 'Addresses', '192.0.2.0/24', 'Your office, your monitoring; also ranges.'],
  ['excluded_countries', 'Countries', 'DE', 'Two-letter codes.'],
  ['excluded_paths', 'Paths', '/admin', 'And all below them.'],
  ['excluded_hosts', 'Hosts', 'staging.example.com', 'And all below them.'],
] as const;
const SOURCES = [
  ['hosts', 'Further domains', 'pay.example.com', 'Their pages send hits too; visitors are handed over.'],
  ['referrer_spam', 'Referrer spam', 'spam.example', 'Marked as bots, left out of reports.'],
  ['kept_parameters', 'Parameters to keep', 'plan', 'All others, but for campaigns, are cut.'],
] as const;
const SIGNALS: [value: string, text: string][] = [
  ['', 'Are not looked at'],
  ['gpc', 'GPC counts without identity'],
  ['dnt', 'DNT counts without identity'],
  ['gpc dnt', 'Both count without identity'],
];
const FIELDS = [...EXCLUDED, ...SOURCES].map(([name]) => name);

/** What is counted, and how visitors are told apart. */
export function SiteCollect({ site }: { site: SiteAnswer }) {
  const form = useSiteForm(site.id, FIELDS, (fields) => ({ collect: changeOf(fields) }));
  return (
    <section className="mt-6">
      <h2 className="text-lg font-semibold">Collect</h2>
      <p className="mt-1 mb-3 max-w-lg text-muted">
        What is counted and how visitors are told apart. A change holds for hits from now on.
      </p>
      <form onSubmit={form.onSubmit} className="panel flex max-w-lg flex-col gap-4 p-5" data-testid="collect-form">
        <p className="label">Lists have one entry a line.</p>
        <Lists legend="Not counted" lists={EXCLUDED} collect={site.collect} error={form.error} />
        <Lists legend="Pages and sources" lists={SOURCES} collect={site.collect} error={form.error}>
          <Choice
            label="Addresses after #"
            name="hash_routing"
            defaultValue={site.collect.hash_routing ? 'yes' : 'no'}
            hint="For applications that route by it."
          >
            <option value="no">Are cut</option>
            <option value="yes">Are pages</option>
          </Choice>
        </Lists>
        <IdentityFields collect={site.collect} />
        <SaveSite form={form} testId="collect-error" />
      </form>
    </section>
  );
}

interface ListsProps {
  legend: string;
  lists: readonly (readonly [name: (typeof FIELDS)[number], label: string, example: string, hint: string])[];
  collect: SiteCollectAnswer;
  error: Error | null;
  children?: ReactNode;
}

function Lists({ legend, lists, collect, error, children }: ListsProps) {
  return (
    <fieldset>
      <legend className="mb-2 font-semibold">{legend}</legend>
      <div className="grid gap-4 sm:grid-cols-2">
        {lists.map(([name, label, example, hint]) => (
          <Area
            key={name}
            label={label}
            name={name}
            rows={Math.min(12, Math.max(2, collect[name].length + 1))}
            wrap="off"
            spellCheck={false}
            autoCapitalize="none"
            placeholder={example}
            defaultValue={collect[name].join('\n')}
            hint={hint}
            error={fieldError(error, name)}
          />
        ))}
        {children}
      </div>
    </fieldset>
  );
}

function IdentityFields({ collect }: { collect: SiteCollectAnswer }) {
  return (
    <fieldset className="flex flex-col gap-4">
      <legend className="mb-2 font-semibold">Visitors</legend>
      <Choice
        label="Told apart by"
        name="identity"
        defaultValue={collect.identity}
        hint="The hash is made of address and browser, is forgotten every night, and reaches payments of the same day only. Afterwards take the new tag under Script: the one you have still sets cookies."
      >
        <option value="cookie">The visitor cookie</option>
        <option value="daily">A hash of the day, without cookies</option>
      </Choice>
      <Choice
        label="Privacy signals of browsers"
        hint="Global Privacy Control and Do Not Track."
        name="signals"
        defaultValue={collect.signals.toSorted((a, b) => (a > b ? -1 : 1)).join(' ')}
      >
        {SIGNALS.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </Choice>
      <Choice
        label="Visitor cookie"
        name="server_cookie"
        defaultValue={collect.server_cookie ? 'yes' : 'no'}
        hint="Set by the server where the script comes from your own domain: Safari keeps cookies of scripts for 7 days only."
      >
        <option value="yes">By the script and the server</option>
        <option value="no">By the script only</option>
      </Choice>
      <Choice
        label="Visitor ids in payments"
        name="signed_ids"
        defaultValue={collect.signed_ids ? 'yes' : 'no'}
        hint="Signed ids need the script on your own domain. Payments of before keep their credit."
      >
        <option value="no">Count when the visitor is known</option>
        <option value="yes">Count only when signed</option>
      </Choice>
    </fieldset>
  );
}

function changeOf(fields: Record<string, string>): Partial<SiteCollectAnswer> {
  const lines = (name: string) =>
    (fields[name] ?? '')
      .split(/[\n,]/)
      .map((line) => line.trim())
      .filter(Boolean);
  return {
    ...Object.fromEntries(FIELDS.map((name) => [name, lines(name)])),
    hash_routing: fields.hash_routing === 'yes',
    identity: fields.identity === 'daily' ? 'daily' : 'cookie',
    signals: (['gpc', 'dnt'] as const).filter((signal) => fields.signals?.includes(signal)),
    server_cookie: fields.server_cookie === 'yes',
    signed_ids: fields.signed_ids === 'yes',
  };
}
