import { Choice, Field } from './controls.tsx';
import { fieldError } from '../form.ts';

export const SITE_FIELDS = ['name', 'domain', 'timezone', 'currency'] as const;

const supported = Intl.supportedValuesOf as ((key: 'timeZone' | 'currency') => string[]) | undefined;
const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const zones = (chosen: string): string[] => [...new Set(['UTC', chosen, ...(supported?.('timeZone') ?? [])])];
const COMMON = ['usd', 'eur', 'gbp', 'cad', 'aud', 'chf', 'jpy', 'sek', 'brl', 'inr'];
const others = (): string[] =>
  (supported?.('currency') ?? []).map((code) => code.toLowerCase()).filter((code) => !COMMON.includes(code));
const names = new Intl.DisplayNames(undefined, { type: 'currency' });
const currencyName = (code: string): string => `${code.toUpperCase()} — ${names.of(code.toUpperCase())}`;

export interface SiteValues {
  name: string;
  domain: string;
  timezone: string;
  currency: string;
}

export function SiteFields({ error, initial }: { error: Error | null; initial?: SiteValues }) {
  const zone = initial?.timezone ?? ownZone;
  return (
    <>
      <Field
        label="Name"
        name="name"
        required
        maxLength={100}
        defaultValue={initial?.name}
        placeholder="My shop"
        error={fieldError(error, 'name')}
      />
      <Field
        label="Domain"
        name="domain"
        required
        maxLength={253}
        defaultValue={initial?.domain}
        placeholder="example.com"
        autoCapitalize="none"
        spellCheck={false}
        hint="Without https://. Subdomains are included."
        error={fieldError(error, 'domain')}
      />
      <Choice
        label="Time zone"
        name="timezone"
        defaultValue={zone}
        hint="A report’s days begin and end in this zone."
        error={fieldError(error, 'timezone')}
      >
        {zones(zone).map((name) => (
          <option key={name} value={name}>
            {name.replaceAll('_', ' ')}
          </option>
        ))}
      </Choice>
      <Choice
        label="Currency"
        name="currency"
        defaultValue={initial?.currency ?? 'usd'}
        hint="Reports count in it. Money in other currencies is converted where Stripe or a rate says how, else shown apart."
        error={fieldError(error, 'currency')}
      >
        {[...COMMON, ...others()].map((code) => (
          <option key={code} value={code}>
            {currencyName(code)}
          </option>
        ))}
      </Choice>
    </>
  );
}
