import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { send } from '../api.ts';
import { identityQuery } from '../identity.ts';
import { pathOf, paymentQuery } from '../queries.ts';
import { Button, INPUT } from './controls.tsx';

function useVerdict(
  { siteId, paymentId, link, verb }: { siteId: string; paymentId: string; link: string; verb: 'reject' | 'reinstate' },
  onDone: () => void,
) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (why: string) =>
      send('POST', pathOf(siteId, `/links/${encodeURIComponent(link)}/${verb}`), {
        ...(verb === 'reject' ? { payment: paymentId } : {}),
        why,
      }),
    async onSuccess() {
      onDone();
      await client.invalidateQueries({ queryKey: identityQuery(siteId, paymentId).queryKey });
      // Crediting follows a moment later.
      for (const waitMs of [800, 2_500]) {
        setTimeout(() => {
          void client.invalidateQueries({ queryKey: paymentQuery(siteId, paymentId).queryKey });
          void client.invalidateQueries({ queryKey: identityQuery(siteId, paymentId).queryKey });
          void client.invalidateQueries({ queryKey: ['restatements', siteId] });
        }, waitMs);
      }
    },
  });
}

/** A person's word on a link: it is wrong, or it is right after all. Credits follow within seconds. */
export function LinkVerdict({
  siteId,
  paymentId,
  link,
  isRejected,
  name,
}: {
  siteId: string;
  paymentId: string;
  link: string;
  isRejected: boolean;
  /** What it is about, for those who hear the page. */
  name: string;
}) {
  const [isAsked, setAsked] = useState(false);
  const [why, setWhy] = useState('');
  const verb = isRejected ? 'reinstate' : 'reject';
  const judge = useVerdict({ siteId, paymentId, link, verb }, () => {
    setAsked(false);
    setWhy('');
  });
  if (!isAsked) {
    return (
      <button
        type="button"
        className="text-link text-[0.87rem] whitespace-nowrap"
        onClick={() => setAsked(true)}
        aria-label={`${isRejected ? 'Reinstate' : 'Reject'} ${name}`}
        data-testid={`link-${verb}`}
      >
        {isRejected ? 'Reinstate' : 'Reject'}
      </button>
    );
  }
  return (
    <form
      className="flex w-full min-w-52 flex-col gap-2 text-left"
      onSubmit={(event) => {
        event.preventDefault();
        judge.mutate(why);
      }}
    >
      <input
        className={`${INPUT} py-1.5`}
        value={why}
        onChange={({ target }) => setWhy(target.value)}
        maxLength={500}
        placeholder="Why? (kept in the log)"
        aria-label="Why"
        autoFocus
      />
      <span className="flex flex-wrap gap-2">
        <Button type="submit" busy={judge.isPending} data-testid={`link-${verb}-confirm`}>
          <span className={isRejected ? '' : 'text-down'}>{isRejected ? 'Reinstate' : 'Reject'}</span>
        </Button>
        <Button onClick={() => setAsked(false)}>Cancel</Button>
      </span>
      {judge.error ? (
        <span role="alert" className="text-[0.87rem] text-down">
          {judge.error.message}
        </span>
      ) : null}
    </form>
  );
}
