import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { SpendAnswer } from '../../http/contract-spend.ts';
import { send } from '../api.ts';
import { fieldError, formError } from '../form.ts';
import { pathOf } from '../queries.ts';
import { campaignKey, countOf, formatAmounts, originName, PLATFORM_NAMES, showSpendAgain } from '../spend.ts';
import { Button, Field } from './controls.tsx';
import { Badge } from './states.tsx';

type Campaign = SpendAnswer['campaigns'][number];
type Tags = { source: string; medium: string; campaign: string };

const FIRST_SHOWN = 8;

/** Which visitors each campaign of the ad platforms is joined with. */
export function SpendMatching({ answer, siteId }: { answer: SpendAnswer; siteId: string }) {
  const [isWhole, setWhole] = useState(false);
  // Stable: those without visitors first, else by what they cost.
  const campaigns = answer.campaigns.toSorted((a, b) => Number(a.visitors > 0) - Number(b.visitors > 0));
  const shown = isWhole ? campaigns : campaigns.slice(0, FIRST_SHOWN);
  const isSaid = (one: Campaign) =>
    answer.aliases.some(
      ({ platform, campaign_key: key }) =>
        platform === one.platform && key !== '' && (key === one.campaign_id || key === one.campaign),
    );
  return (
    <section className="panel overflow-hidden" aria-label="Campaigns and their visitors" data-testid="spend-matching">
      <div className="px-4 pt-4 pb-3 sm:px-5">
        <h2 className="font-semibold">Campaigns and their visitors</h2>
        <p className="mt-1 text-muted">
          A campaign is joined with the visitors who arrive with its source, medium and utm_campaign.
        </p>
      </div>
      <ul className="divide-y divide-line border-t border-line">
        {shown.map((campaign) => (
          <CampaignRow
            key={`${campaign.platform} ${campaign.account} ${campaign.campaign_id} ${campaign.campaign} ${campaign.utm_campaign} ${campaign.source} ${campaign.medium}`}
            campaign={campaign}
            isSaid={isSaid(campaign)}
            siteId={siteId}
          />
        ))}
      </ul>
      {campaigns.length > FIRST_SHOWN && !isWhole ? (
        <div className="border-t border-line px-4 py-3 sm:px-5">
          <Button onClick={() => setWhole(true)}>Show all {countOf(campaigns.length, 'campaign')}</Button>
        </div>
      ) : null}
      {answer.not_shown > 0 ? (
        <p className="label border-t border-line px-4 py-3 sm:px-5">
          {countOf(answer.not_shown, 'campaign')} with visitors and less spend not listed.
        </p>
      ) : null}
    </section>
  );
}

function CampaignRow({ campaign, isSaid, siteId }: { campaign: Campaign; isSaid: boolean; siteId: string }) {
  const [isOpen, setOpen] = useState(false);
  const save = useMutation({
    mutationFn: (tags: Tags) =>
      send('POST', pathOf(siteId, '/spend/aliases'), {
        platform: campaign.platform,
        campaign_key: campaignKey(campaign),
        ...tags,
      }),
    onSuccess: () => setOpen(false),
    onSettled: () => showSpendAgain(siteId),
  });
  const origin = originName({ ...campaign, campaign: campaign.utm_campaign });
  const isUnmatched = campaign.visitors === 0;
  return (
    <li className="px-4 py-3 sm:px-5" data-testid="spend-campaign" data-matched={!isUnmatched}>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1.5">
        <div className="min-w-0 flex-1 basis-full sm:basis-64">
          <p className="truncate font-medium" title={campaign.campaign || 'No name'}>
            {campaign.campaign || 'No name'}
          </p>
          <p className="label truncate" title={origin}>
            {PLATFORM_NAMES[campaign.platform]} → {origin}
          </p>
        </div>
        <span className="figure max-sm:mr-auto">{formatAmounts(campaign.spend)}</span>
        {isUnmatched ? (
          <Badge tone="warn">No visitors</Badge>
        ) : (
          <Badge tone="good">{countOf(campaign.visitors, 'visitor')}</Badge>
        )}
        <Button
          onClick={() => setOpen(!isOpen)}
          aria-expanded={isOpen}
          aria-label={`Change the visitors of ${campaign.campaign || 'the campaign without a name'}`}
          data-testid="spend-change"
        >
          {isOpen ? 'Close' : 'Change'}
        </Button>
      </div>
      {isUnmatched && campaign.suggestions.length > 0 ? (
        <div className="mt-2 flex flex-wrap items-center gap-2">
          <span className="label">Perhaps</span>
          {campaign.suggestions.map(({ visitors, ...tags }) => (
            <button
              key={originName(tags)}
              type="button"
              className="max-w-full truncate rounded-lg bg-accent-soft px-2.5 py-1 text-left text-[0.9rem] text-accent hover:underline disabled:opacity-60"
              disabled={save.isPending}
              onClick={() => save.mutate(tags)}
              data-testid="spend-suggestion"
            >
              {originName(tags)} ({countOf(visitors, 'visitor')})
            </button>
          ))}
        </div>
      ) : null}
      {isOpen ? <TagsForm campaign={campaign} isSaid={isSaid} save={save} /> : null}
      {!isOpen && save.error ? <p className="mt-2 text-down">{save.error.message}</p> : null}
    </li>
  );
}

const FIELDS = ['source', 'medium', 'campaign'];

function TagsForm({
  campaign,
  isSaid,
  save,
}: {
  campaign: Campaign;
  isSaid: boolean;
  save: { mutate: (tags: Tags) => void; isPending: boolean; error: Error | null };
}) {
  const { error } = save;
  return (
    <form
      className="mt-3 grid gap-3 sm:grid-cols-3"
      onSubmit={(event) => {
        event.preventDefault();
        const data = new FormData(event.currentTarget);
        const text = (name: string) => String(data.get(name) ?? '');
        save.mutate({ source: text('source'), medium: text('medium'), campaign: text('campaign') || '(none)' });
      }}
    >
      <Field
        label="utm_source"
        name="source"
        defaultValue={campaign.source}
        maxLength={255}
        error={fieldError(error, 'source')}
      />
      <Field
        label="utm_medium"
        name="medium"
        defaultValue={campaign.medium}
        maxLength={255}
        error={fieldError(error, 'medium')}
      />
      <Field
        label="utm_campaign"
        name="campaign"
        defaultValue={campaign.utm_campaign}
        maxLength={255}
        hint="Empty: visitors without a campaign"
        error={fieldError(error, 'campaign')}
      />
      <div className="flex flex-wrap items-center gap-3 sm:col-span-3">
        <Button type="submit" look="primary" busy={save.isPending} data-testid="spend-save">
          Join with these visitors
        </Button>
        {isSaid ? (
          <Button
            onClick={() => save.mutate({ source: '', medium: '', campaign: '' })}
            busy={save.isPending}
            data-testid="spend-forget"
          >
            As the platform names it
          </Button>
        ) : null}
        {formError(error, FIELDS) ? <p className="text-down">{formError(error, FIELDS)}</p> : null}
      </div>
    </form>
  );
}
