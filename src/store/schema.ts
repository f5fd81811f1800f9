import type { Generated } from 'kysely';
import type { Action, AuditOutcome, AuditSource } from '../domain/audit.ts';
import type { Category } from '../domain/catalogue/index.ts';
import type { DriftVerdict } from '../domain/counts.ts';
import type { DeliveryOutcome } from '../domain/deliveries.ts';
import type { ErrorClass } from '../domain/errors.ts';
import type { IntegrationStatus } from '../domain/life.ts';
import type { DebtKind } from '../domain/reads.ts';
import type { ChangeOp } from '../domain/change-ops.ts';
import type { RejectReason } from '../domain/records.ts';
import type { KomboBudgetTable, KomboRequestsTable } from './schema-kombo-budget.ts';
import type { NotificationsTable, ToldTable, TurnsTable } from './schema-told.ts';
import type { DriftColumn, EndpointStatesTable, PassesTable, WithDefault } from './passes-schema.ts';

/** Kysely types of schema `kombo_sync`. The data tables of schema `kombo` derive from the catalogue. */
export interface Database {
  'kombo_sync.integrations': IntegrationsTable;
  'kombo_sync.debts': DebtsTable;
  'kombo_sync.passes': PassesTable;
  'kombo_sync.endpoint_states': EndpointStatesTable;
  'kombo_sync.pass_pages': PassPagesTable;
  'kombo_sync.sweep_candidates': { pass_id: number; part: number; ids: string[] };
  'kombo_sync.row_counts': RowCountsTable;
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
  'kombo_sync.kombo_budget': KomboBudgetTable;
  'kombo_sync.kombo_requests': KomboRequestsTable;
  'kombo_sync.told': ToldTable;
  'kombo_sync.notifications': NotificationsTable;
  'kombo_sync.turns': TurnsTable;
  'kombo_sync.sessions': SessionsTable;
  'kombo_sync.schedules': { id: string; made: string; made_at: WithDefault<Date>; shown: string | null };
}

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

export interface PassPagesTable {
  pass_id: number;
  page: number;
  restart: number;
  next_hash: string | null;
  ids: string[] | null;
}

export interface RowCountsTable {
  integration_id: string;
  table_name: string;
  live: number;
  deleted: number;
  /** How often a comparison with the rows has found it wrong and put it right. */
  corrections: WithDefault<number>;
}

export interface ChangesTable {
  seq: Generated<number>;
  integration_id: string;
  table_name: string;
  id: string;
  op: ChangeOp;
  at: WithDefault<Date>;
  changed_fields: string[] | null;
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
  /** A pass of the sync was completed, and has left its place to a later one. */
  read: WithDefault<boolean>;
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
