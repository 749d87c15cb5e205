import { useTitle } from '../components/card-page.tsx';
import { SiteCollect } from '../components/site-collect.tsx';
import { SITE_FIELDS, SiteFields } from '../components/site-fields.tsx';
import { SaveSite, useSiteForm } from '../components/site-form.tsx';
import { SiteRates } from '../components/site-rates.tsx';
import { useSite } from './site-frame.tsx';

export function SiteSettingsPage() {
  const site = useSite();
  useTitle(`Site · ${site.name}`);
  const form = useSiteForm(site.id, SITE_FIELDS, ({ name, domain, timezone, currency }) => ({
    name,
    domain,
    timezone,
    currency,
  }));
  return (
    <>
      <h1 className="mb-4 text-xl font-semibold tracking-tight">Site</h1>
      <form onSubmit={form.onSubmit} className="panel flex max-w-lg flex-col gap-4 p-5" data-testid="site-form">
        <SiteFields error={form.error} initial={site} />
        <SaveSite form={form} testId="form-error" />
        <p className="label">
          Site id <code className="font-mono text-ink select-all">{site.id}</code>
        </p>
      </form>
      <SiteRates site={site.id} timezone={site.timezone} />
      <SiteCollect site={site} />
    </>
  );
}
