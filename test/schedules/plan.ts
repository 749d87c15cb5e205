import { createRandom } from '../../src/rehearsal/stripe/state.ts';
import { API_VERSIONS, type ApiVersion } from '../../src/rehearsal/stripe/versions.ts';
import type { Scenario } from '../../src/rehearsal/scenario.ts';

/** How a story's events and hits reach Headwater, chosen by a seed. Each part can be taken away to find the guilty one. */
export interface Plan {
  seed: number;
  /** null: the story's own. */
  version: ApiVersion | null;
  /** Events arrive in another order than they happened in. */
  isShuffled: boolean;
  /** Requests under way at once. */
  concurrency: number;
  /** Share of what waits that is sent after each action; the rest waits, at most for the next expectation. */
  promptness: number;
  /** Share of events that come twice, of those that come again after later ones, and under a second id. */
  copies: number;
  echoes: number;
  twins: number;
  /** Share of deliveries whose first try fails. */
  troubles: number;
  /** Hits wait too, arrive in another order, and some of them twice. */
  hitsWait: boolean;
  /** Stripe's API does not answer before the first expectation. */
  isOutage: boolean;
}

/** As it happened, each event once: what every other plan must agree with. */
export function plainPlan(version: ApiVersion | null): Plan {
  const still = { promptness: 1, copies: 0, echoes: 0, twins: 0, troubles: 0, hitsWait: false, isOutage: false };
  return { seed: 0, version, isShuffled: false, concurrency: 1, ...still };
}

export function planOf(seed: number, isPinned: boolean): Plan {
  const random = createRandom(seed);
  const oneOf = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!;
  const version = oneOf(API_VERSIONS);
  return {
    seed,
    version: isPinned ? null : version,
    isShuffled: random() < 0.9,
    concurrency: oneOf([1, 1, 4]),
    promptness: oneOf([0, 0, 0.3, 0.7]),
    copies: oneOf([0, 0.3, 1]),
    echoes: oneOf([0, 0.2, 0.5]),
    twins: oneOf([0, 0.2, 0.6]),
    troubles: oneOf([0, 0.1, 0.3]),
    hitsWait: random() < 0.5,
    isOutage: random() < 0.4,
  };
}

/** Why a story keeps its version; null: it is told in any. */
export function pinnedBy(scenario: Scenario, text: string): string | null {
  if (/^rendering /m.test(text)) return `it is about the rendering ${scenario.settings.version}`;
  if (scenario.steps.some((step) => step.kind === 'deliver' && step.delivery.version !== null)) {
    return 'it goes through the versions itself';
  }
  return null;
}

/** Simpler plans, each with one part less. */
export function simpler(plan: Plan): Plan[] {
  const plain = plainPlan(plan.version);
  const parts = Object.keys(plain).filter((part) => part !== 'seed' && part !== 'version') as (keyof Plan)[];
  return parts.filter((part) => plan[part] !== plain[part]).map((part) => ({ ...plan, [part]: plain[part] }));
}

export function describePlan(plan: Plan): string {
  const plain = plainPlan(plan.version);
  const parts = (Object.keys(plain) as (keyof Plan)[]).filter((part) => part !== 'seed' && plan[part] !== plain[part]);
  const shown = parts.map((part) => `${part} ${String(plan[part])}`).join(', ');
  return `${plan.version ?? 'its own version'}; ${shown || 'in order, each once'}`;
}
