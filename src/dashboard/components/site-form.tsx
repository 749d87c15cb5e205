import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { SiteAnswer } from '../../http/contract-sites.ts';
import { send } from '../api.ts';
import { formError, useForm } from '../form.ts';
import { pathOf } from '../queries.ts';
import { Button } from './controls.tsx';
import { Note } from './states.tsx';

/**
 * A form that changes settings of a site. They bear on what reports say, so all are asked again.
 *
 * @param fields those that show their own refusal
 */
export function useSiteForm(
  site: string,
  fields: readonly string[],
  changeOf: (fields: Record<string, string>) => object,
) {
  const client = useQueryClient();
  const [isSaved, setSaved] = useState(false);
  const form = useForm(
    (values) => {
      setSaved(false);
      return send<SiteAnswer>('PATCH', pathOf(site), changeOf(values));
    },
    async () => {
      await client.invalidateQueries();
      setSaved(true);
    },
  );
  return { ...form, isSaved, refused: formError(form.error, fields) };
}

/** The end of such a form: what no field shows, and the button. */
export function SaveSite({ form, testId }: { form: ReturnType<typeof useSiteForm>; testId: string }) {
  return (
    <>
      {form.refused ? (
        <Note tone="down" testId={testId}>
          <span role="alert">{form.refused}</span>
        </Note>
      ) : null}
      <div className="flex items-center gap-3">
        <Button type="submit" look="primary" busy={form.isPending}>
          Save
        </Button>
        <span aria-live="polite" className="label">
          {form.isSaved ? 'Saved.' : ''}
        </span>
      </div>
    </>
  );
}
