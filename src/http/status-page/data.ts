import type { LegacyMode } from '../../domain/deliveries.ts';
import type { Notices } from '../../store/reports/notices.ts';
import type { UnknownIntegration } from '../../store/state/unknown-integrations.ts';
import type { IntegrationOverview, OverviewCounts } from '../../store/reports/overview.ts';
import type { NextFullSync, Schedules } from '../../temporal/schedule-state.ts';
import type { SafetyNet } from '../../operations/safety-net.ts';
import type { Frame } from './layout.ts';
import type { AuditEntry } from '../../store/state/audit.ts';
import type { Consumer } from '../../store/state/consumers.ts';
import type { OpenIssue } from '../../store/state/issues.ts';
import type { CountedDeliveries } from '../../store/state/deliveries.ts';
import type { DriftReport, SyncSummary } from '../../store/reports/history.ts';
import type { EndpointStatus } from '../../store/reports/status.ts';

export interface IntegrationData extends Frame {
  integration: IntegrationOverview;
  /** Open issues at Kombo. */
  issues: readonly OpenIssue[];
  endpoints: readonly EndpointStatus[];
  /** The schema with the tables of the endpoints. */
  schema: string;
  running: readonly SyncSummary[];
  syncs: readonly SyncSummary[];
  drift: readonly DriftReport[];
  deliveries: readonly CountedDeliveries[];
  audit: readonly AuditEntry[];
  /** Undefined if Temporal does not answer. */
  schedules: Schedules | undefined;
  /** How long the data of a removed integration is kept; null keeps it forever. */
  retentionMs: number | null;
}

/** By integration; undefined if Temporal does not answer. */
type NextFullSyncs = ReadonlyMap<string, NextFullSync> | undefined;

export interface ListData extends Frame {
  integrations: readonly IntegrationOverview[];
  /** Id to continue after; null on the last page. */
  next: string | null;
  /** Counts of all integrations, and of those that the search finds. */
  totals: OverviewCounts;
  found: OverviewCounts;
  nextFullSyncs: NextFullSyncs;
  notices: Notices;
  /** How the weekly full syncs are doing; undefined while that is not known. */
  safetyNet: SafetyNet | undefined;
  legacyMode: LegacyMode;
  /** Names of fields that are excluded or hashed. */
  keptOut: { excluded: readonly string[]; hashed: readonly string[] };
  unknown: readonly UnknownIntegration[];
  /** The first of those that are registered. */
  consumers: readonly Consumer[];
  /** Open issues at Kombo, of the integrations on the page and of the whole environment. */
  issues: readonly OpenIssue[];
}
