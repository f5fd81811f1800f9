import { sql, type InsertObject, type UpdateObject } from 'kysely';
import { DISABLED_FOR_MS, type EndpointFailure } from '../domain/plan.ts';
import type { PassKind } from '../domain/sync.ts';
import type { Store } from './database.ts';
import { unlessRemoved } from './removed.ts';
import type { Database } from './schema.ts';

export interface EndpointState {
  endpoint: string;
  disabled: { code: string; message: string; since: Date } | null;
  /** A read that is still owed. */
  owed: PassKind | null;
  /** It is not read by itself before this. */
  dueAt: Date | null;
  /** Its last tries have failed. */
  failure: EndpointFailure | null;
  /** The sync that failed last. */
  failedSync: string | null;
  /** Start of the newest completed pass. */
  watermark: Date | null;
  /** Start of the newest completed pass without a window. */
  lastFull: Date | null;
}

/** Something is owed that a sync may read by itself now. */
export function isDue({ owed, dueAt }: EndpointState, now: Date): boolean {
  return owed !== null && (dueAt === null || dueAt <= now);
}

const UNREAD = {
  disabled: null,
  owed: null,
  dueAt: null,
  failure: null,
  failedSync: null,
  watermark: null,
  lastFull: null,
};

/** What is known of each endpoint of an integration that has been read, is owed or is disabled. */
export async function endpointStates(
  store: Store,
  integrationId: string,
): Promise<Map<string, EndpointState>> {
  const states = new Map<string, EndpointState>();
  const entry = (endpoint: string) => {
    const state = states.get(endpoint) ?? { endpoint, ...UNREAD };
    states.set(endpoint, state);
    return state;
  };
  const rows = await store.db
    .selectFrom('kombo_sync.endpoint_states')
    .selectAll()
    .where('integration_id', '=', integrationId)
    .execute();
  for (const row of rows) {
    const state: EndpointState = entry(row.endpoint);
    state.owed = row.owed;
    state.dueAt = row.due_at;
    state.failedSync = row.failed_sync;
    if (row.disabled_code !== null && row.disabled_at !== null) {
      state.disabled = {
        code: row.disabled_code,
        message: row.disabled_message ?? '',
        since: row.disabled_at,
      };
    }
    if (row.failing_since !== null) {
      state.failure = {
        code: row.failure_code ?? '',
        message: row.failure_message ?? '',
        failures: row.failures,
        since: row.failing_since,
        needsPerson: row.needs_person,
      };
    }
  }
  const passes = await store.db
    .selectFrom('kombo_sync.passes')
    .select((eb) => [
      'endpoint',
      eb.fn.max('watermark_at').filterWhere('moves_watermark', '=', true).as('watermark'),
      eb.fn.max('started_at').filterWhere('updated_after', 'is', null).as('last_full'),
    ])
    .where('integration_id', '=', integrationId)
    .where('state', '=', 'completed')
    .groupBy('endpoint')
    .execute();
  for (const row of passes) {
    const state: EndpointState = entry(row.endpoint);
    state.watermark = row.watermark;
    state.lastFull = row.last_full;
  }
  return states;
}

export interface Owed {
  /** When each is read by itself at the earliest. */
  dueAt?: ReadonlyMap<string, Date>;
  /** The moment from which on a pass must have begun to pay it; now when left out. */
  since?: Date | undefined;
}

/**
 * Notes that endpoints must be read by the next sync, whatever that is started for; or by the first one after `dueAt`. A
 * full read outranks a delta. Where a read is owed already the earlier moment counts, and a failing or disabled endpoint keeps
 * its pause.
 */
export async function owe(
  store: Pick<Store, 'db'>,
  integrationId: string,
  endpoints: readonly string[],
  kind: PassKind,
  { dueAt, since }: Owed = {},
): Promise<void> {
  const rows = endpoints.map((endpoint) => ({
    integration_id: integrationId,
    endpoint,
    ...debt(kind, since),
    due_at: dueAt?.get(endpoint) ?? null,
  }));
  await save(store, integrationId, rows, {
    due_at: sql<Date>`case
      when endpoint_states.failing_since is not null or endpoint_states.disabled_at is not null then endpoint_states.due_at
      when endpoint_states.owed is null then excluded.due_at
      when endpoint_states.due_at is null or excluded.due_at is null then null
      else least(endpoint_states.due_at, excluded.due_at) end`,
  });
}

/** A removed integration keeps nothing: whatever is noted of it would outlive its erasure, and all is read if it comes back. */
async function save(
  store: Pick<Store, 'db'>,
  integrationId: string,
  rows: readonly InsertObject<Database, 'kombo_sync.endpoint_states'>[],
  changes: UpdateObject<Database, 'kombo_sync.endpoint_states'>,
): Promise<void> {
  if (rows.length === 0) return;
  await unlessRemoved(store, integrationId, (db) =>
    db
      .insertInto('kombo_sync.endpoint_states')
      .values(rows)
      .onConflict((conflict) =>
        conflict.columns(['integration_id', 'endpoint']).doUpdateSet({ ...changes, ...ADDED_DEBT }),
      )
      .execute(),
  );
}

/** In whole milliseconds, as the start of a pass is. */
function debt(kind: PassKind, since: Date | undefined) {
  const moment = since
    ? sql<Date>`${since}::timestamptz`
    : sql<Date>`date_trunc('milliseconds', clock_timestamp())`;
  return { owed: kind, owed_since: moment, owed_full_since: kind === 'full' ? moment : null };
}

/** What is owed together with what was owed before; `greatest` takes no notice of nulls. */
const ADDED_DEBT = {
  owed: sql<PassKind>`case when endpoint_states.owed = 'full' then 'full' else excluded.owed end`,
  owed_since: sql<Date>`greatest(endpoint_states.owed_since, excluded.owed_since)`,
  owed_full_since: sql<Date>`greatest(endpoint_states.owed_full_since, excluded.owed_full_since)`,
};

export interface FailedRead {
  endpoint: string;
  kind: PassKind;
  syncId?: string;
  failure: EndpointFailure;
  /** When it is tried again. */
  dueAt: Date;
  /** Start of the pass that failed: what goes on with it pays for it. */
  since?: Date | undefined;
}

/** An endpoint could not be read: the read is owed, after a pause. */
export async function noteFailure(store: Store, integrationId: string, failed: FailedRead): Promise<void> {
  const { code, message, failures, since, needsPerson } = failed.failure;
  const values = {
    due_at: failed.dueAt,
    failures,
    failing_since: since,
    failed_at: sql<Date>`clock_timestamp()`,
    failed_sync: failed.syncId ?? null,
    failure_code: code,
    failure_message: message,
    needs_person: needsPerson,
  };
  const { endpoint, kind } = failed;
  const row = { integration_id: integrationId, endpoint, ...debt(kind, failed.since), ...values };
  await save(store, integrationId, [row], values);
}

/** The tool does not offer the endpoint. It does not fail; what is owed is tried again in a day, by whatever sync runs then. */
export async function disableEndpoint(
  store: Store,
  integrationId: string,
  endpoint: string,
  reason: { code: string; message: string; kind: PassKind },
): Promise<void> {
  const values = {
    disabled_code: reason.code,
    disabled_message: reason.message,
    disabled_at: sql<Date>`now()`,
    due_at: sql<Date>`now() + ${DISABLED_FOR_MS} * interval '1 millisecond'`,
    ...NO_FAILURE,
  };
  const row = { integration_id: integrationId, endpoint, ...debt(reason.kind, undefined), ...values };
  await save(store, integrationId, [row], values);
}

const NO_FAILURE = {
  failures: 0,
  failing_since: null,
  failed_at: null,
  failed_sync: null,
  failure_code: null,
  failure_message: null,
  needs_person: false,
};

/** The next try of a failing endpoint that a timer waits for, of all endpoints of the integration. */
export async function nextRetry(store: Store, integrationId: string): Promise<Date | null> {
  const row = await store.db
    .selectFrom('kombo_sync.endpoint_states')
    .select((eb) => eb.fn.min('due_at').as('due'))
    .where('integration_id', '=', integrationId)
    .where('failing_since', 'is not', null)
    .where('needs_person', '=', false)
    .where('owed', 'is not', null)
    .executeTakeFirst();
  return row?.due ?? null;
}
