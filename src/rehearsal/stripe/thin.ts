import type Stripe from 'stripe';
import { pathOf } from './paths.ts';
import type { EventRow } from './rows.ts';
import type { State } from './state.ts';

type Thin = Pick<Stripe.V2.Core.Events.UnknownEventNotification, 'id' | 'object' | 'created' | 'livemode'> &
  Pick<Stripe.V2.Core.Event, 'snapshot_event'> & {
    type: `v1.${string}`;
    context?: string;
    related_object: Stripe.V2.Core.Events.RelatedObject;
  };

/** The unversioned twin of a snapshot event: it names the object and the snapshot, and shows neither. */
export function thinEvent(event: EventRow, from: { account: string | null; state: State }): Thin {
  const { id, object } = event.about;
  return {
    id: `evt_test_${event.id.slice(4)}`,
    object: 'v2.core.event',
    ...(from.account === null ? {} : { context: from.account }),
    created: new Date(event.created * 1_000).toISOString(),
    livemode: from.state.livemode,
    related_object: { id, type: object, url: `/v1/${pathOf(object)}/${id}` },
    snapshot_event: event.id,
    type: `v1.${event.type}`,
  };
}
