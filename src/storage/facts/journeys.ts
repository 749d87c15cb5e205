import type { FactsClient } from './client.ts';
import { readCohorts, readValues } from './journey-customers.ts';
import type { JourneyFacts } from './journey-facts.ts';
import { readAssists, readFlowSequences, readSequences } from './journey-paths.ts';
import { readTimes } from './journey-times.ts';

export function createJourneyFacts(client: Pick<FactsClient, 'read'>): JourneyFacts {
  return {
    sequences: (question, order) => readSequences(client, question, order),
    flowSequences: (question, steps) => readFlowSequences(client, question, steps),
    times: (question) => readTimes(client, question),
    assists: (question) => readAssists(client, question),
    cohorts: (query, by) => readCohorts(client, query, by),
    values: (query, by) => readValues(client, query, by),
  };
}
