import { sql } from 'kysely';
import type { Debt } from '../../domain/decide.ts';
import type { ErrorClass } from '../../domain/errors.ts';
import { planRetry, type Retry, type RetryOptions } from '../../domain/retry.ts';
import type { DebtKind } from '../../domain/reads.ts';
import { inTransaction, type Store } from '../database.ts';
import { unlessRemoved } from './removed.ts';
import type { DebtsTable } from '../schema.ts';

/*
 * Debts, and why they fail. The rules:
 *
 * - A read is owed from the moment it is asked for, before the first try. So neither a killed worker nor a cancelled or
 *   terminated workflow can lose it.
 * - A pass that begins after the read was last asked for pays it: a delta pays a delta, a full pass pays both, a sweep
 *   pays the sweep of its listing. Paying deletes the row. Numbers of one sequence show which came first, because a
 *   clock may be set back.
 * - A failure is stored with its debt. Only that kind of read of the endpoint waits, until `due_at`.
 */

export interface Owed {
  endpoint: string;
  kind: DebtKind;
  /** No timer reads it before this. */
  dueAt?: Date | null;
}

/** SQL for a debt whose last tries failed. An endpoint that the tool does not offer does not count as failed. */
export const IS_FAILING = `failing_since is not null and failure_class <> 'EndpointDisabled'`;

/** SQL that ends a failure. */
export const NO_FAILURE = `failures = 0, failing_since = null, tried_at = null, tried_by = null, failure_class = null,
  failure_code = null, failure_message = null, needs_attention = false, given_up = false`;

/**
 * Notes that reads are owed. A debt that exists counts as asked for now; if it is failing, it keeps its pause.
 *
 * @param begun a pass of the endpoint that began at this time or later pays the debt, although it is noted only now.
 */
export async function owe(
  store: Pick<Store, 'db'>,
  integrationId: string,
  owed: readonly Owed[],
  begun?: Date,
): Promise<void> {
  if (owed.length === 0) return;
  await unlessRemoved(store, integrationId, (db) =>
    sql`
    insert into kombo_sync.debts as d (integration_id, endpoint, kind, since, asked_seq, due_at)
    select ${integrationId}, endpoint, kind,
      coalesce(${begun ?? null}::timestamptz, date_trunc('milliseconds', clock_timestamp())),
      coalesce(
        (select min(p.started_seq) from kombo_sync.passes p
         where p.integration_id = ${integrationId} and p.endpoint = owed.endpoint
           and p.started_at >= ${begun ?? null}::timestamptz),
        nextval('kombo_sync.observations')),
      due_at
    from unnest(${owed.map(({ endpoint }) => endpoint)}::text[], ${owed.map(({ kind }) => kind)}::text[],
      ${owed.map(({ dueAt }) => dueAt ?? null)}::timestamptz[]) as owed(endpoint, kind, due_at)
    order by endpoint, kind
    on conflict (integration_id, endpoint, kind) do update set
      since = least(d.since, excluded.since), asked_seq = greatest(d.asked_seq, excluded.asked_seq), woken_at = null,
      due_at = case when d.failing_since is not null then d.due_at
        when d.due_at is not null and excluded.due_at is not null then least(d.due_at, excluded.due_at) end`.execute(
      db,
    ),
  );
}

/** The debts of an integration, by endpoint. */
export async function readDebts(
  store: Store,
  integrationId: string,
): Promise<Map<string, Partial<Record<DebtKind, Debt>>>> {
  const rows = await store.db
    .selectFrom('kombo_sync.debts')
    .selectAll()
    .where('integration_id', '=', integrationId)
    .execute();
  const debts = new Map<string, Partial<Record<DebtKind, Debt>>>();
  for (const row of rows) debts.set(row.endpoint, { ...debts.get(row.endpoint), [row.kind]: toDebt(row) });
  return debts;
}

type DebtRow = Pick<
  DebtsTable,
  'due_at' | 'failing_since' | 'tried_at' | 'failure_class' | 'failure_code' | 'failure_message'
> & { since: Date; asked_seq: number; failures: number; needs_attention: boolean; given_up: boolean };

export function toDebt(row: DebtRow): Debt {
  return {
    since: row.since,
    askedSeq: row.asked_seq,
    dueAt: row.due_at,
    failure:
      row.failing_since === null
        ? null
        : {
            errorClass: row.failure_class!,
            code: row.failure_code ?? '',
            message: row.failure_message ?? '',
            failures: row.failures,
            since: row.failing_since,
            triedAt: row.tried_at ?? row.failing_since,
            needsAttention: row.needs_attention,
            givenUp: row.given_up,
          },
  };
}

export interface FailedRead {
  integrationId: string;
  endpoint: string;
  kind: DebtKind;
  /** Identifies the try, so that it counts once even if it is recorded twice. */
  tryId: string;
  error: { errorClass: ErrorClass; code: string; message: string };
  /** The pass that failed. A pass that resumes it pays the debt. */
  pass?: { started_at: Date; started_seq: number } | undefined;
  /** For a look-up, when Kombo was asked. If a later look-up was answered, that one has paid. */
  askedSeq?: number | undefined;
}

export interface NotedFailure extends Retry {
  failures: number;
  /** Whether this is the first failure in a row. */
  first: boolean;
  /** Whether it needs attention from this try on. */
  newlyNeedsAttention: boolean;
}

/**
 * Notes a failed read: it is owed after a pause that grows with the time it has been failing, by the database's clock.
 * Undefined if a newer pass has read the endpoint, a newer look-up was answered, or the integration is removed.
 */
export async function noteFailure(
  store: Store,
  failed: FailedRead,
  options: RetryOptions,
): Promise<NotedFailure | undefined> {
  const { integrationId, endpoint, kind, tryId, error, pass, askedSeq } = failed;
  let noted: NotedFailure | undefined;
  await unlessRemoved(store, integrationId, async (db) => {
    const { rows } = await sql<DebtRow & { now: Date; tried_by: string | null }>`
      insert into kombo_sync.debts as d (integration_id, endpoint, kind, since, asked_seq)
      select ${integrationId}, ${endpoint}, ${kind},
        coalesce(${pass?.started_at ?? null}::timestamptz, date_trunc('milliseconds', clock_timestamp())),
        coalesce(${pass?.started_seq ?? askedSeq ?? null}::bigint, nextval('kombo_sync.observations'))
      where not exists (
        select from kombo_sync.integrations i where i.id = ${integrationId} and i.looked_up_seq > ${askedSeq ?? null}::bigint)
      and not exists (
        select from kombo_sync.passes p
        where p.integration_id = ${integrationId} and p.endpoint = ${endpoint} and p.state = 'completed'
          and p.started_seq > ${pass?.started_seq ?? null}::bigint
          and (p.updated_after is null or ${kind} = 'delta' and (p.kind = 'delta' or p.moves_watermark)))
      on conflict (integration_id, endpoint, kind) do update set asked_seq = greatest(d.asked_seq, ${pass?.started_seq ?? 0}::bigint)
      returning *, clock_timestamp() as now`.execute(db);
    const [before] = rows;
    if (!before) return;
    const isRefusal = error.errorClass === 'EndpointDisabled';
    // "Not offered" and failures are counted apart: one does not continue the other.
    const isAnew =
      before.failing_since === null || (before.failure_class === 'EndpointDisabled') !== isRefusal;
    const failingSince = isAnew ? before.now : before.failing_since!;
    const failingMs = before.now.getTime() - failingSince.getTime();
    const retry = planRetry({ errorClass: error.errorClass, failingMs, key: integrationId }, options);
    const again = before.tried_by === tryId;
    const failures = again ? before.failures : isAnew ? 1 : before.failures + 1;
    noted = {
      ...retry,
      failures,
      first: isAnew && !again,
      newlyNeedsAttention: retry.needsAttention && !before.needs_attention,
    };
    if (again) return;
    await sql`
      update kombo_sync.debts set failures = ${failures}, failing_since = ${failingSince}, tried_at = clock_timestamp(),
        tried_by = ${tryId}, due_at = clock_timestamp() + ${retry.pauseMs} * interval '1 millisecond',
        failure_class = ${error.errorClass}, failure_code = ${error.code}, failure_message = ${error.message},
        needs_attention = ${retry.needsAttention}, given_up = ${retry.givenUp}, woken_at = null
      where integration_id = ${integrationId} and endpoint = ${endpoint} and kind = ${kind}`.execute(db);
  });
  return noted;
}

/** A failed read makes progress: it no longer counts as failing, and stays owed until its pass ends. */
export async function noteProgress(
  { db }: Store,
  integrationId: string,
  endpoint: string,
  kind: DebtKind,
): Promise<void> {
  await sql`
    update kombo_sync.debts set due_at = null, ${sql.raw(NO_FAILURE)}
    where integration_id = ${integrationId} and endpoint = ${endpoint} and kind = ${kind}
      and failing_since is not null`.execute(db);
}

/** Whether a read of the endpoint is owed and due. */
export async function isOwed({ db }: Store, integrationId: string, endpoint: string): Promise<boolean> {
  const { rows } = await sql`
    select from kombo_sync.debts
    where integration_id = ${integrationId} and endpoint = ${endpoint} and kind in ('delta', 'full')
      and coalesce(due_at <= clock_timestamp(), true)`.execute(db);
  return rows.length > 0;
}

/**
 * Kombo has answered a look-up. This pays the debt, and records when Kombo was asked, so that `noteFailure` ignores an
 * older look-up that fails later.
 *
 * @param askedSeq when Kombo was asked, as a number of `kombo_sync.observations`. A debt that was asked for later
 * stays.
 */
export async function payLookUp(
  store: Pick<Store, 'db'>,
  integrationId: string,
  askedSeq: number,
): Promise<void> {
  await inTransaction(store, async ({ db }) => {
    // This statement comes first, so that it waits for failures that are being written.
    await sql`
      update kombo_sync.integrations set looked_up_seq = greatest(looked_up_seq, ${askedSeq}::bigint)
      where id = ${integrationId}`.execute(db);
    await sql`
      delete from kombo_sync.debts where integration_id = ${integrationId} and kind = 'look-up'
      and asked_seq < ${askedSeq}::bigint`.execute(db);
  });
}
