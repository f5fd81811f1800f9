import type { ColumnType, Generated } from 'kysely';
import type { Action, AuditOutcome, AuditSource } from '../domain/audit.ts';
import type { Category } from '../domain/catalogue/index.ts';
import type { DriftCounts, DriftVerdict, PassCounts } from '../domain/counts.ts';
import type { DeliveryOutcome } from '../domain/deliveries.ts';
import type { ErrorClass } from '../domain/errors.ts';
import type { IntegrationStatus } from '../domain/life.ts';
import type { Because, DebtKind, PassKind, PassState, SweepState } from '../domain/reads.ts';
import type { ChangeOp, RejectReason } from '../domain/records.ts';
import type { Trigger } from '../domain/sync.ts';

/** Kysely types of schema `kombo_sync`. The data tables of schema `kombo` derive from the catalogue. */
export interface Database {
  'kombo_sync.integrations': IntegrationsTable;
  'kombo_sync.debts': DebtsTable;
  'kombo_sync.passes': PassesTable;
  'kombo_sync.pass_pages': PassPagesTable;
  'kombo_sync.sweep_candidates': { pass_id: number; id: string };
  'kombo_sync.changes': ChangesTable;
  /** One row. */
  'kombo_sync.changes_removed': { up_to: number; newest_at: Date | null };
  'kombo_sync.rejected_records': RejectedRecordsTable;
  'kombo_sync.drift': DriftTable;
  'kombo_sync.sync_deliveries': SyncDeliveriesTable;
  'kombo_sync.deliveries': DeliveriesTable;
  'kombo_sync.unknown_integrations': UnknownIntegrationsTable;
  'kombo_sync.issues': IssuesTable;
  'kombo_sync.unknown_models': UnknownModelsTable;
  'kombo_sync.extra_endpoints': ExtraEndpointsTable;
  'kombo_sync.audit_log': AuditLogTable;
  'kombo_sync.idempotency_keys': IdempotencyKeysTable;
  'kombo_sync.sessions': SessionsTable;
}

type WithDefault<T> = ColumnType<T, T | undefined, T>;

export interface IntegrationsTable {
  id: string;
  tool: string;
  category: Category;
  status: WithDefault<IntegrationStatus>;
  status_code: string | null;
  status_reason: string | null;
  organization_name: string | null;
  /** Your own id of the customer, as Kombo returns it. */
  origin_id: string | null;
  /** Models that the tool does not offer, by Kombo's read_models. */
  unavailable_models: WithDefault<string[]>;
  /** Your choice of models; null for all that the settings allow. */
  models: string[] | null;
  exclude_models: string[] | null;
  data_expired_at: Date | null;
  /** When the integration was last looked up at Kombo. */
  looked_up_at: Date | null;
  /** When Kombo was asked for the look-up that is stored, as a number of `kombo_sync.observations`. */
  looked_up_seq: number | null;
  created_at: WithDefault<Date>;
  updated_at: WithDefault<Date>;
  /** As Kombo returns it: ACTIVE, INVALID, INACTIVE. */
  kombo_state: string | null;
  /** As Kombo returns it: INCOMPLETE, FINAL_SYNC_PENDING, COMPLETED. */
  setup_status: string | null;
  /** When the connection was created at Kombo. It shows that an id was connected again. */
  kombo_created_at: Date | null;
  status_since: WithDefault<Date>;
  /** Parked until you do something at Kombo. */
  needs_attention: WithDefault<boolean>;
  /** When a parked integration is looked up again without a webhook. */
  retry_at: Date | null;
  /** When a webhook reported a deletion that no look-up has settled yet. */
  announced_deleted_at: Date | null;
  /** Deletions reported up to this time do not concern the present connection. */
  deletions_void_up_to: Date | null;
  removed_at: Date | null;
  erased_at: Date | null;
  /** Why it was paused when it was removed, in case the removal was a mistake. */
  paused_reason: string | null;
  /** Since when its schedules and syncs in Temporal may not match its status; null if they match. */
  temporal_due_at: WithDefault<Date | null>;
}

export interface DebtsTable {
  integration_id: string;
  /** Path of an endpoint, or `/integrations/{id}` for a look-up. */
  endpoint: string;
  kind: DebtKind;
  /** Changes reported since then may not be in Postgres. */
  since: WithDefault<Date>;
  /**
   * When the read was last asked for, as a number of `kombo_sync.observations`. Only a pass that began later pays it.
   */
  asked_seq: Generated<number>;
  /** No timer reads it before this; null reads it with the next sync. */
  due_at: Date | null;
  /** Failures in a row. */
  failures: WithDefault<number>;
  failing_since: Date | null;
  tried_at: Date | null;
  /** The last failed try, so that a try that is recorded twice counts once. */
  tried_by: string | null;
  failure_class: ErrorClass | null;
  failure_code: string | null;
  failure_message: string | null;
  /** Whether trying again has not helped, or cannot help. */
  needs_attention: WithDefault<boolean>;
  /** Whether no timer tries it any more. */
  given_up: WithDefault<boolean>;
  /** When a worker last woke a sync because this debt was overdue. */
  woken_at: Date | null;
}

/** The column of each count in a drift report. In `passes`, its name begins with `drift_`. */
export const DRIFT_COLUMNS = {
  missing: 'missing',
  stale: 'stale',
  wronglyLive: 'wrongly_live',
  wronglyDeleted: 'wrongly_deleted',
  expected: 'expected',
} as const satisfies Record<keyof DriftCounts, string>;

type DriftColumn = (typeof DRIFT_COLUMNS)[keyof DriftCounts];

type PassCountColumns = Record<keyof PassCounts | `drift_${DriftColumn}`, WithDefault<number>>;

export interface PassesTable extends PassCountColumns {
  id: Generated<number>;
  sync_id: string;
  workflow_id: string;
  run_id: string;
  integration_id: string;
  endpoint: string;
  kind: PassKind;
  trigger: Trigger;
  because: Because;
  state: WithDefault<PassState>;
  /** The delta reads what changed after this; null reads everything. */
  updated_after: Date | null;
  /** The watermark once the pass is completed: its start, by Kombo's clock. */
  watermark_at: Date;
  moves_watermark: boolean;
  /** Earlier passes should have read changes up to here; null if there was no earlier pass. */
  drift_before: Date | null;
  cursor: string | null;
  restarts: WithDefault<number>;
  /** Increases with every commit, so that an attempt that lost its pass can no longer write. */
  version: WithDefault<number>;
  sweep_state: WithDefault<SweepState>;
  sweep_candidates: WithDefault<number>;
  sweep_deleted: WithDefault<number>;
  sweep_message: string | null;
  error_code: string | null;
  error_message: string | null;
  started_at: WithDefault<Date>;
  /** The start as a number of `kombo_sync.observations`. A read that was asked for later has a higher one. */
  started_seq: Generated<number>;
  /** Shows that its worker lives: updated with every page, and while the worker waits for one. */
  active_at: WithDefault<Date>;
  /** When it continues after Kombo's rate limit or a failed try. */
  waits_until: Date | null;
  finished_at: Date | null;
}

export interface PassPagesTable {
  pass_id: number;
  page: number;
  restart: number;
  next_hash: string | null;
  ids: string[] | null;
}

export interface ChangesTable {
  seq: Generated<number>;
  integration_id: string;
  table_name: string;
  id: string;
  op: ChangeOp;
  at: WithDefault<Date>;
}

export interface RejectedRecordsTable {
  integration_id: string;
  endpoint: string;
  /** The record's id, or its hash if it has no id. */
  record_key: string;
  id: string | null;
  reason: RejectReason;
  hash: string;
  body: string | null;
  times: WithDefault<number>;
  pass_id: number | null;
  first_seen_at: WithDefault<Date>;
  last_seen_at: WithDefault<Date>;
}

export interface DriftTable extends Record<DriftColumn, number> {
  pass_id: number;
  sync_id: string;
  integration_id: string;
  endpoint: string;
  verdict: DriftVerdict;
  at: WithDefault<Date>;
}

export interface SyncDeliveriesTable {
  sync_id: string;
  integration_id: string;
  type: string;
  times: number;
  first_at: Date;
  last_at: Date;
}

export interface DeliveriesTable {
  integration_id: string;
  type: string;
  outcome: DeliveryOutcome;
  times: number;
  first_at: Date;
  last_at: Date;
}

export interface UnknownIntegrationsTable {
  integration_id: string;
  times: WithDefault<number>;
  first_seen_at: WithDefault<Date>;
  last_seen_at: WithDefault<Date>;
}

export interface IssuesTable {
  issue_id: string;
  /** Null for an issue of the whole environment. */
  integration_id: string | null;
  type: string;
  title: string;
  /** Plain text. */
  message: WithDefault<string>;
  first_observed_at: Date;
  /** Null while it is open. */
  resolved_at: Date | null;
}

export interface UnknownModelsTable {
  name: string;
  times: WithDefault<number>;
  first_seen_at: WithDefault<Date>;
  last_seen_at: WithDefault<Date>;
}

export interface ExtraEndpointsTable {
  path: string;
  /** The parameters that the endpoint takes, as learnt from Kombo; null until they are learnt. */
  paginated: boolean | null;
  include_deleted: boolean | null;
  /** Also null while no record was listed to try it with. */
  updated_after: boolean | null;
  by_ids: boolean | null;
  learnt_at: Date | null;
  created_at: WithDefault<Date>;
}

export interface AuditLogTable {
  id: Generated<number>;
  at: WithDefault<Date>;
  actor: string;
  source: AuditSource;
  address: string | null;
  action: Action;
  integration_id: string | null;
  details: WithDefault<string>;
  outcome: WithDefault<AuditOutcome>;
  message: string | null;
  finished_at: Date | null;
}

export interface IdempotencyKeysTable {
  key: string;
  /** The integration that the request is about. */
  integration_id: string | null;
  request: string;
  status: number | null;
  body: string | null;
  created_at: WithDefault<Date>;
}

export interface SessionsTable {
  hash: string;
  created_at: WithDefault<Date>;
  ends_at: Date;
}
