import { array, nat, sample } from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readScenario, type Scenario } from '../../src/rehearsal/scenario.ts';
import type { Book } from './book.ts';
import { pinnedBy } from './plan.ts';
import type { Judging } from './perform.ts';
import { storyOf } from './random-story.ts';

const folder = fileURLToPath(new URL('../scenarios/', import.meta.url));

export interface Story {
  name: string;
  scenario: Scenario;
  /** Why it keeps its API version. */
  pinned: string | null;
  judging: Judging;
  /** Of a story that stands in no file: how it goes, and what it was made from. */
  made: { text: string; choices: readonly number[] } | null;
}

/** @param pattern as `trap-1*`; null: all */
export function readStories(pattern: string | null): Story[] {
  const wanted = new RegExp(`^${(pattern ?? '*').replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`);
  return readdirSync(folder)
    .filter((file) => file.endsWith('.txt') && wanted.test(file.replace('.txt', '')))
    .map((file) => {
      const text = readFileSync(join(folder, file), 'utf8');
      const scenario = readScenario(text);
      const judging = { ...createAgreement(), offBalance: unsettled(scenario) };
      return { name: file.replace('.txt', ''), scenario, pinned: pinnedBy(scenario, text), judging, made: null };
    });
}

const CHOICES = array(nat({ max: 2 ** 31 - 1 }), { minLength: 10, maxLength: 40, size: 'max' });

/** Stories nobody wrote. */
export async function makeStories(count: number, seed: number): Promise<Story[]> {
  const lists = sample(CHOICES, { numRuns: count, seed });
  return Promise.all(lists.map((choices, index) => storyFrom(`random-${index + 1}`, choices)));
}

export async function storyFrom(name: string, choices: readonly number[]): Promise<Story> {
  const { text, scenario } = await storyOf(choices);
  const judging = { ...createAgreement(), offBalance: null };
  return { name, scenario, pinned: null, judging, made: { text, choices } };
}

function unsettled({ settings: { permissions } }: Scenario): string | null {
  if (permissions === null || permissions.includes('rak_balance_transaction_source_read')) return null;
  return 'its key may not read balance transactions';
}

/** All tellings must end in one ledger with the same credits, and find the visitor in the same place per version. */
function createAgreement(): Pick<Judging, 'agrees' | 'remember'> {
  let first: Record<'ledger' | 'credits', string[]> | null = null;
  const places = new Map<string, string[]>();
  const foundIn = ({ payments }: Book) => payments.map((it) => it.found);
  const read = ({ payments }: Book) => ({
    ledger: payments.map((it) => it.money),
    credits: payments.map((it) => it.credit),
  });
  return {
    agrees(book, version) {
      const own = read(book);
      const expected = first ?? own;
      return [
        ...difference('ledger', expected.ledger, own.ledger),
        ...difference('credits', expected.credits, own.credits),
        ...difference('evidence', places.get(version) ?? foundIn(book), foundIn(book)),
      ];
    },
    remember(book, version) {
      first ??= read(book);
      if (!places.has(version)) places.set(version, foundIn(book));
    },
  };
}

function difference(what: string, expected: readonly string[], found: readonly string[]): string[] {
  const length = Math.max(expected.length, found.length);
  return Array.from({ length }, (_, index) => index)
    .filter((index) => expected[index] !== found[index])
    .map((index) => `another ${what}: ${found[index] ?? 'nothing'}, elsewhere ${expected[index] ?? 'nothing'}`);
}
