import type { CreditRow } from '../../core/attribution/credit.ts';
import type { ChannelPath } from '../../core/attribution/data-driven.ts';
import type { ModelSettings } from '../../core/attribution/settings.ts';
import type { RuleModel } from '../../core/attribution/models.ts';
import type { PathRow } from '../../core/attribution/path-row.ts';
import type { Event } from '../../core/event.ts';
import type { MovementRow } from '../../core/movement-row.ts';
import type { ReportQuery, ReportRow } from '../../core/report.ts';
import type { SpendRow } from '../../core/spend.ts';
import type { Touchpoint } from '../../core/touchpoint.ts';
import type { WrittenRows, WrittenText } from '../../core/written-rows.ts';
import type { CoverageFacts } from './coverage-facts.ts';
import type { JourneyFacts, PeopleFacts } from './journey-facts.ts';

/** Thrown by every method when the engine does not answer: the caller keeps its work and tries again. */
export class FactsUnavailable extends Error {
  override name = 'FactsUnavailable';
}

/** The engine answers, but others ask too much of it: the message says so, and the question can be asked again. */
export class FactsCrowded extends FactsUnavailable {}

/** Thrown by reports that are computed from paths when they would take too long; the message says what to do. */
export class TooMuchToCompute extends Error {
  override name = 'TooMuchToCompute';
}

/** The open session of a visitor that a hit without a session id may belong to. */
export interface SessionEnd {
  site: string;
  visitor: string;
  session: string;
  firstAt: number;
  lastAt: number;
  /** Campaign evidence of the session, to tell whether a hit brings a new campaign. */
  source: string;
  medium: string;
  campaign: string;
  clickId: string;
}

export interface RowsByTable {
  credits?: readonly CreditRow[];
  paths?: readonly PathRow[];
  movements?: readonly MovementRow[];
  spend?: readonly SpendRow[];
}

/** The facts store (ClickHouse): events, sessions, touchpoints, credits. Everything in it can be asked over HTTP only. */
export interface Facts extends CoverageFacts {
  /** Resolves when the engine answers; rejects with FactsUnavailable. */
  ping(): Promise<void>;
  migrate(): Promise<void>;
  /**
   * Inserts a batch of events, and through views its sessions and touchpoints, exactly once per token.
   * A token names its exact rows: repeating it with other rows would silently drop them.
   */
  insertEvents(events: readonly Event[], token: string): Promise<void>;
  /** Which of these (site, id) pairs are stored already, among events received since `sinceMs`. Keys are `site\0id`. */
  knownEventIds(ids: readonly { site: string; id: string }[], sinceMs: number): Promise<Set<string>>;
  /** Sessions of these visitors that have an event between the two times (epoch ms). */
  sessionsBetween(
    visitors: readonly { site: string; visitor: string }[],
    fromMs: number,
    toMs: number,
  ): Promise<SessionEnd[]>;
  /** All touchpoints of these visitors, in time order (ties: order of arrival). Bots excluded. */
  touchpoints(site: string, visitors: readonly string[]): Promise<Touchpoint[]>;
  /** Visitors that own one of these session ids: session → visitor. */
  visitorsOfSessions(site: string, sessions: readonly string[]): Promise<Map<string, string>>;
  /** Rows as they are inserted, to be kept and inserted later: one for each table that is given. */
  written(rows: RowsByTable): WrittenRows[];
  /**
   * What to append so that of these keys exactly the expected rows stand. Keys are payments; subscriptions of movements;
   * days of spend.
   * @returns key → lines, of the keys of which other rows stand
   */
  differences(expected: WrittenRows, site: string, keys: readonly string[]): Promise<Map<string, string[]>>;
  /** Appends such rows exactly once per token. */
  insertWritten(rows: WrittenText, token: string): Promise<void>;
  /** Appends credit rows exactly once per token. */
  insertCredits(rows: readonly CreditRow[], token: string): Promise<void>;
  /** Appends movements of recurring revenue exactly once per token. */
  insertMovements(rows: readonly MovementRow[], token: string): Promise<void>;
  /** Appends the paths of payments exactly once per token. */
  insertPaths(rows: readonly PathRow[], token: string): Promise<void>;
  /** Appends what advertising cost exactly once per token. */
  insertSpend(rows: readonly SpendRow[], token: string): Promise<void>;
  report(query: ReportQuery): Promise<ReportAnswer>;
  /** The report under several models; keys of what depends on the model are `revenue:linear`. */
  compareModels(query: ReportQuery, models: readonly RuleModel[]): Promise<ReportAnswer>;
  /**
   * Paths of channels in the query's range, of those who paid and those who did not: what data-driven models read. Its
   * `whatIf` narrows them.
   */
  channelPaths(query: ReportQuery & { whatIf: ModelSettings }): Promise<ChannelPath[]>;
  journeys: JourneyFacts;
  people: PeopleFacts;
  /** When the last hit of a site was received, for the set-up page; null before the first. */
  lastHit(site: string): Promise<{ occurredAt: number; url: string } | null>;
  /** Hits of people since `sinceMs`, and how many of them came without a visitor id, for the check-up. */
  hitCounts(site: string, sinceMs: number): Promise<{ hits: number; withoutVisitor: number }>;
  close(): Promise<void>;
}

export interface ReportAnswer {
  rows: ReportRow[];
  totals: ReportRow;
  /** Currency → money metrics of what is not in the reporting currency: shown apart, never added. */
  unconverted?: Record<string, Record<string, number>>;
}
