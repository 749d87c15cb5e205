import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, Navigate, useNavigate } from '@tanstack/react-router';
import type { SiteAnswer } from '../../http/contract-sites.ts';
import { send } from '../api.ts';
import { CardPage, Steps } from '../components/card-page.tsx';
import { Button, buttonClass } from '../components/controls.tsx';
import { SITE_FIELDS, SiteFields } from '../components/site-fields.tsx';
import { Note } from '../components/states.tsx';
import { formError, useForm } from '../form.ts';
import { meQuery, sitesQuery } from '../queries.ts';

export function NewSitePage() {
  const client = useQueryClient();
  const navigate = useNavigate();
  const me = useQuery(meQuery);
  const sites = useQuery({ ...sitesQuery, enabled: Boolean(me.data?.member) });
  const form = useForm(
    ({ name, domain, timezone, currency }) => send<SiteAnswer>('POST', '/sites', { name, domain, timezone, currency }),
    async (site) => {
      await client.invalidateQueries({ queryKey: sitesQuery.queryKey });
      await navigate({ to: '/sites/$siteId/settings/script', params: { siteId: site.id } });
    },
  );
  if (me.data && !me.data.member) return <Navigate to="/" replace />;
  const isFirst = sites.data?.length === 0;
  const refused = formError(form.error, SITE_FIELDS);
  return (
    <CardPage title={isFirst ? 'Add your first site' : 'Add a site'} intro={isFirst ? <Steps current="Site" /> : null}>
      <form onSubmit={form.onSubmit} className="flex flex-col gap-4" data-testid="site-form">
        <SiteFields error={form.error} />
        {refused ? (
          <Note tone="down" testId="form-error">
            <span role="alert">{refused}</span>
          </Note>
        ) : null}
        <div className="flex gap-3">
          <Button type="submit" look="primary" busy={form.isPending}>
            Add site
          </Button>
          {sites.data && !isFirst ? (
            <Link to="/" className={buttonClass('quiet')}>
              Cancel
            </Link>
          ) : null}
        </div>
      </form>
    </CardPage>
  );
}
