import { textOf } from '../../core/written-rows.ts';
import type { WrittenRows } from '../../core/written-rows.ts';
import type { FactsClient } from './client.ts';
import { createChannelPaths } from './channel-paths.ts';
import { createCoverageFacts } from './coverage.ts';
import { writtenCredits } from './credits.ts';
import { createEvents } from './events.ts';
import { createDifferences } from './differences.ts';
import type { Facts, RowsByTable } from './facts.ts';
import { createPeopleFacts } from './journey-timeline.ts';
import { createJourneyFacts } from './journeys.ts';
import { migrateFacts } from './migrate.ts';
import { writtenMovements } from './movements.ts';
import { writtenPaths } from './paths.ts';
import { createComparison } from './report-compare.ts';
import { createSessions } from './sessions.ts';
import { writtenSpend } from './spend.ts';
import { createTouchpoints } from './touchpoints.ts';

export function written({ credits, paths, movements, spend }: RowsByTable): WrittenRows[] {
  return [
    ...(credits ? [writtenCredits(credits)] : []),
    ...(paths ? [writtenPaths(paths)] : []),
    ...(movements ? [writtenMovements(movements)] : []),
    ...(spend ? [writtenSpend(spend)] : []),
  ];
}

/**
 * The facts store over one client, embedded or by URL.
 *
 * @param options.cluster CLICKHOUSE_CLUSTER, or null
 * @param options.close what else ends with the store (the embedded engine)
 */
export function createFacts(
  client: FactsClient,
  report: Facts['report'],
  options: { cluster?: string | null; close?: () => Promise<void> } = {},
): Facts {
  const insert = (rows: WrittenRows, token: string) => client.insertWritten(textOf(rows), token);
  return {
    async ping() {
      await client.query('SELECT 1');
    },
    migrate: () => migrateFacts(client, options.cluster ?? null),
    ...createEvents(client),
    ...createSessions(client),
    ...createTouchpoints(client),
    written,
    differences: createDifferences(client),
    insertWritten: client.insertWritten,
    insertCredits: (rows, token) => insert(writtenCredits(rows), token),
    insertPaths: (rows, token) => insert(writtenPaths(rows), token),
    insertMovements: (rows, token) => insert(writtenMovements(rows), token),
    insertSpend: (rows, token) => insert(writtenSpend(rows), token),
    ...createCoverageFacts(client),
    report,
    channelPaths: createChannelPaths(client),
    journeys: createJourneyFacts(client),
    people: createPeopleFacts(client),
    compareModels: createComparison(client),
    async close() {
      await client.close();
      await options.close?.();
    },
  };
}
