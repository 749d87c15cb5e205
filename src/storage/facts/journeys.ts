import type { FactsClient } from './client.ts';
import { readCohorts, readValues } from './journey-customers.ts';
import type { JourneyFacts } from './journey-facts.ts';
import { readAssists, readFlowSequences, readSequences } from './journey-paths.ts';
import { readTimes } from './journey-times.ts';
import { bounded } from './report-bounds.ts';

/** Every question is bounded as a report is (report-bounds.ts). */
export function createJourneyFacts(client: Pick<FactsClient, 'read'>): JourneyFacts {
  return {
    sequences: (question, order) => bounded(readSequences(client, question, order)),
    flowSequences: (question, steps) => bounded(readFlowSequences(client, question, steps)),
    times: (question) => bounded(readTimes(client, question)),
    assists: (question) => bounded(readAssists(client, question)),
    cohorts: (query, by) => bounded(readCohorts(client, query, by)),
    values: (query, by) => bounded(readValues(client, query, by)),
  };
}
