import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { SiteAnswer } from '../../http/contract.ts';
import type { SiteCollectAnswer } from '../../http/contract-collect.ts';
import { send } from '../api.ts';
import { fieldError, formError, useForm } from '../form.ts';
import { pathOf } from '../queries.ts';
import { Area, Button, Choice } from './controls.tsx';
import { Note } from './states.tsx';

const LISTS = [
  [
    'hosts',
    'Further domains',
    'pay.example.com',
    'Their pages may send hits too, and visitors are handed over to them.',
  ],
  [
    'excluded_addresses',
    'Not counted: addresses',
    '192.0.2.0/24',
    'Your office, your monitoring. IPv4 and IPv6, also ranges.',
  ],
  ['excluded_paths', 'Not counted: paths', '/admin', 'And all below them.'],
  ['excluded_hosts', 'Not counted: hosts', 'staging.example.com', 'And all below them.'],
  ['excluded_countries', 'Not counted: countries', 'DE', 'Two-letter codes.'],
  [
    'referrer_spam',
    'Referrer spam',
    'spam.example',
    'Visits from there are kept, marked as a bot’s and left out of reports.',
  ],
  [
    'kept_parameters',
    'Query parameters to keep',
    'plan',
    'Besides campaign and click-id ones; all others are cut before anything is stored.',
  ],
] as const;
const SIGNALS: [value: string, text: string][] = [
  ['', 'Are not looked at'],
  ['gpc', 'Global Privacy Control counts without identity'],
  ['dnt', 'Do Not Track counts without identity'],
  ['gpc dnt', 'Both count without identity'],
];
const FIELDS = LISTS.map(([name]) => name);

/** What is counted, and how visitors are told apart. */
export function SiteCollect({ site }: { site: SiteAnswer }) {
  const client = useQueryClient();
  const [isSaved, setSaved] = useState(false);
  const form = useForm(
    (fields) => {
      setSaved(false);
      return send<SiteAnswer>('PATCH', pathOf(site.id), { collect: changeOf(fields) });
    },
    async () => {
      await client.invalidateQueries();
      setSaved(true);
    },
  );
  const refused = formError(form.error, FIELDS);
  return (
    <section className="mt-6">
      <h2 className="text-lg font-semibold">Collect</h2>
      <p className="mt-1 mb-3 max-w-lg text-muted">What is counted and how visitors are told apart, from now on.</p>
      <form onSubmit={form.onSubmit} className="panel flex max-w-lg flex-col gap-4 p-5" data-testid="collect-form">
        {LISTS.map(([name, label, example, hint]) => (
          <Area
            key={name}
            label={label}
            name={name}
            rows={2}
            spellCheck={false}
            autoCapitalize="none"
            placeholder={example}
            defaultValue={site.collect[name].join('\n')}
            hint={`One a line. ${hint}`}
            error={fieldError(form.error, name)}
          />
        ))}
        <IdentityFields collect={site.collect} />
        {refused ? (
          <Note tone="down" testId="collect-error">
            <span role="alert">{refused}</span>
          </Note>
        ) : null}
        <div className="flex items-center gap-3">
          <Button type="submit" look="primary" busy={form.isPending}>
            Save
          </Button>
          <span aria-live="polite" className="label">
            {isSaved ? 'Saved.' : ''}
          </span>
        </div>
      </form>
    </section>
  );
}

function IdentityFields({ collect }: { collect: SiteCollectAnswer }) {
  return (
    <>
      <Choice
        label="Addresses after #"
        name="hash_routing"
        defaultValue={collect.hash_routing ? 'yes' : 'no'}
        hint="For applications that route by it."
      >
        <option value="no">Are cut</option>
        <option value="yes">Are pages</option>
      </Choice>
      <Choice
        label="Visitors are told apart by"
        name="identity"
        defaultValue={collect.identity}
        hint="The hash is made of address and browser, is forgotten every night, and reaches payments of the same day only."
      >
        <option value="cookie">The visitor cookie</option>
        <option value="daily">A hash that changes every day, without cookies</option>
      </Choice>
      <Choice
        label="Privacy signals of browsers"
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
        hint="By the server where the script comes from your own domain: Safari keeps cookies of scripts for 7 days only."
      >
        <option value="yes">Set by the script and, where it can, by the server</option>
        <option value="no">Set by the script only</option>
      </Choice>
      <Choice
        label="Visitor ids in payments"
        name="signed_ids"
        defaultValue={collect.signed_ids ? 'yes' : 'no'}
        hint="Signed ids need the script on your own domain. Payments of before keep their credit."
      >
        <option value="no">Count when the visitor is known</option>
        <option value="yes">Count only when signed by this Headwater</option>
      </Choice>
    </>
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
