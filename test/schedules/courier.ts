import type { WireEvent } from '../../sdk/src/protocol.ts';
import type { Courier, Target } from '../../src/rehearsal/play.ts';
import { createRandom } from '../../src/rehearsal/stripe/state.ts';
import type { Parcel } from '../../src/rehearsal/stripe/webhooks.ts';
import { sendHits } from '../../src/rehearsal/visitors.ts';
import type { Plan } from './plan.ts';

const ECHOES_MAX = 6;

/** Carries what happens to Headwater as a plan says. */
export function createCourier(plan: Plan, target: Target): Courier {
  const random = createRandom(plan.seed ^ 0x5eed);
  const chance = (share: number) => share > 0 && random() < share;
  const { account } = target;
  const direct = { ...target };
  let waiting: Parcel[] = [];
  const delivered: Parcel[] = [];
  let hits: WireEvent[] = [];
  if (plan.hitsWait) {
    target.send = async (events) => {
      hits.push(...events);
    };
  }
  account.outage = plan.isOutage;

  /** Under another id: one happening that Stripe told twice. */
  const twinOf = ({ event, from }: Parcel): Parcel => ({ event: { ...event, id: `${event.id}twin` }, from });
  const withTrouble = (parcel: Parcel): Parcel => {
    if (!chance(plan.troubles)) return parcel;
    return { ...parcel, trouble: random() < 0.5 ? 'refused' : 'lost' };
  };

  async function carry(parcels: readonly Parcel[]): Promise<void> {
    const sent = parcels.flatMap((parcel) => [
      parcel,
      ...(chance(plan.copies) ? [parcel] : []),
      ...(chance(plan.twins) ? [twinOf(parcel)] : []),
    ]);
    // What came before comes again, as it was then.
    const echoes = delivered.filter(() => chance(plan.echoes)).slice(0, ECHOES_MAX);
    delivered.push(...parcels);
    const all = [...sent, ...echoes].map(withTrouble);
    if (plan.isShuffled) shuffle(all, random);
    await account.webhooks.carry(all, plan.concurrency);
  }

  async function sendWaitingHits(): Promise<void> {
    const batch = hits;
    hits = [];
    if (batch.length === 0) return;
    shuffle(batch, random);
    const cut = Math.floor(random() * (batch.length + 1));
    for (const part of [batch.slice(0, cut), batch.slice(cut)]) {
      if (part.length > 0) await sendHits(direct, part);
    }
    if (chance(0.5)) await sendHits(direct, batch.slice(0, 1));
  }

  function pick(lost: readonly string[]): void {
    waiting.push(...account.webhooks.take().filter(({ event }) => !lost.includes(event.type)));
  }

  return {
    async afterAction(lost) {
      pick(lost);
      const now = waiting.filter(() => chance(plan.promptness));
      waiting = waiting.filter((parcel) => !now.includes(parcel));
      if (now.length > 0) await carry(now);
      if (chance(plan.promptness)) await sendWaitingHits();
    },
    async finish(lost) {
      pick(lost);
      const rest = waiting;
      waiting = [];
      const hitsFirst = random() < 0.5;
      if (hitsFirst) await sendWaitingHits();
      await carry(rest);
      await sendWaitingHits();
      account.outage = false;
    },
  };
}

function shuffle<T>(items: T[], random: () => number): void {
  for (let index = items.length - 1; index > 0; index -= 1) {
    const other = Math.floor(random() * (index + 1));
    [items[index], items[other]] = [items[other]!, items[index]!];
  }
}
