import { useTitle } from '../components/card-page.tsx';
import { Choice } from '../components/controls.tsx';
import { SiteCollect } from '../components/site-collect.tsx';
import { SITE_FIELDS, SiteFields } from '../components/site-fields.tsx';
import { SaveSite, useSiteForm } from '../components/site-form.tsx';
import { SiteRates } from '../components/site-rates.tsx';
import { useSite } from './site-frame.tsx';

export function SiteSettingsPage() {
  const site = useSite();
  useTitle(`Site · ${site.name}`);
  const form = useSiteForm(site.id, SITE_FIELDS, ({ name, domain, timezone, currency, off_stripe: offStripe }) => ({
    name,
    domain,
    timezone,
    currency,
    off_stripe: offStripe === 'count',
  }));
  return (
    <>
      <h1 className="mb-4 text-xl font-semibold tracking-tight">Site</h1>
      <form onSubmit={form.onSubmit} className="panel flex max-w-lg flex-col gap-4 p-5" data-testid="site-form">
        <SiteFields error={form.error} initial={site} />
        <Choice
          label="Invoices paid off Stripe"
          name="off_stripe"
          defaultValue={site.off_stripe ? 'count' : 'leave'}
          hint="By bank transfer, in cash, by a payment record. Once counted, those of before are too, and what was counted stays."
        >
          <option value="leave">Leave out</option>
          <option value="count">Count as payments</option>
        </Choice>
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
