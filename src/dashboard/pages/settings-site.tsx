import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { SiteAnswer } from '../../http/contract.ts';
import { send } from '../api.ts';
import { useTitle } from '../components/card-page.tsx';
import { Button } from '../components/controls.tsx';
import { SiteCollect } from '../components/site-collect.tsx';
import { SITE_FIELDS, SiteFields } from '../components/site-fields.tsx';
import { SiteRates } from '../components/site-rates.tsx';
import { Note } from '../components/states.tsx';
import { formError, useForm } from '../form.ts';
import { pathOf } from '../queries.ts';
import { useSite } from './site-frame.tsx';

export function SiteSettingsPage() {
  const site = useSite();
  const client = useQueryClient();
  const [isSaved, setSaved] = useState(false);
  useTitle(`Site · ${site.name}`);
  const form = useForm(
    ({ name, domain, timezone, currency }) => {
      setSaved(false);
      return send<SiteAnswer>('PATCH', pathOf(site.id), { name, domain, timezone, currency });
    },
    async () => {
      // Days and money are told by the site's zone and currency: every report is asked again.
      await client.invalidateQueries();
      setSaved(true);
    },
  );
  const refused = formError(form.error, SITE_FIELDS);
  return (
    <>
      <h1 className="mb-4 text-xl font-semibold tracking-tight">Site</h1>
      <form onSubmit={form.onSubmit} className="panel flex max-w-lg flex-col gap-4 p-5" data-testid="site-form">
        <SiteFields error={form.error} initial={site} />
        {refused ? (
          <Note tone="down" testId="form-error">
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
        <p className="label">
          Site id <code className="font-mono text-ink select-all">{site.id}</code>
        </p>
      </form>
      <SiteRates site={site.id} timezone={site.timezone} />
      <SiteCollect site={site} />
    </>
  );
}
