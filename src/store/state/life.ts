import { sql } from 'kysely';
import { inTransaction, type Store } from '../database.ts';
import { REMOVED, type IntegrationStatus } from '../../domain/life.ts';
import { owe } from './debts.ts';
import { voidDeletions } from './deletions.ts';
import { wakeForAll } from './due.ts';
import { saveIntegration, toIntegration, type Integration, type IntegrationInput } from './integrations.ts';

/**
 * A change of an integration's status. Its statement checks the status that it starts from, so that a late or
 * concurrent change cannot undo another one: only `resume` ends a pause, and only `revive` ends a removal.
 */
interface Change {
  from: readonly IntegrationStatus[];
  /** No change while it has one of these codes. */
  unless?: readonly string[];
  /** No change if its status has changed after this. */
  asOf?: Date | undefined;
  to: IntegrationStatus;
  code?: string | undefined;
  reason?: string | undefined;
  needsAttention?: boolean;
  /** Milliseconds until the next look-up; null if no timer waits for it. */
  retryInMs?: number | null;
  removedAt?: Date | null;
}

const NOTHING_CHOSEN = { models: null, exclude_models: null };

async function change(store: Store, id: string, next: Change): Promise<Integration | undefined> {
  const code = next.code ?? null;
  const row = await store.db
    .updateTable('kombo_sync.integrations')
    .set({
      status: next.to,
      status_code: code,
      status_reason: next.reason ?? null,
      status_since: sql<Date>`case when status = ${next.to} and status_code is not distinct from ${code}
        then status_since else now() end`,
      needs_attention: next.needsAttention ?? false,
      // Keep a planned look-up: webhooks cause extra ones, which say nothing about how long the state lasts.
      retry_at: sql<Date | null>`case
        when ${next.retryInMs ?? null}::float8 is null then null
        when status = ${next.to} and status_code is not distinct from ${code} and retry_at > now() then retry_at
        else now() + ${next.retryInMs ?? null}::float8 * interval '1 millisecond' end`,
      removed_at: next.removedAt ?? null,
      // An id that is added again begins without a choice. Only a removal by a 404 may be a mistake, and keeps it.
      ...(next.to === 'removed' && next.code !== REMOVED.unknown ? NOTHING_CHOSEN : {}),
      paused_reason: sql<
        string | null
      >`case when status = 'paused' and ${next.to} = 'removed' then status_reason end`,
      // A removal settles the reported deletion, and a revived integration has none.
      announced_deleted_at: sql<Date | null>`case
        when 'removed' not in (status, ${next.to}) then announced_deleted_at end`,
      erased_at: null,
      // Parking does not change the schedules.
      temporal_due_at: sql<Date | null>`case
        when status in ('paused', 'removed') or ${next.to} in ('paused', 'removed') then clock_timestamp()
        else temporal_due_at end`,
      updated_at: sql<Date>`now()`,
    })
    .where('id', '=', id)
    .where('status', 'in', next.from)
    .where(sql<boolean>`(status_code is null or status_code <> all(${next.unless ?? []}::text[]))`)
    .where(
      sql<boolean>`coalesce(date_trunc('milliseconds', status_since) <= ${next.asOf ?? null}::timestamptz, true)`,
    )
    .returningAll()
    .executeTakeFirst();
  return row && toIntegration(row);
}

/** Parks an integration: Kombo cannot serve it now. */
export async function park(
  store: Store,
  id: string,
  why: { code: string; message: string; needsAttention: boolean; retryInMs: number | null },
): Promise<Integration | undefined> {
  return change(store, id, { from: ['active', 'parked'], to: 'parked', reason: why.message, ...why });
}

/** The timer for the planned look-up of a parked integration is gone. Does nothing if another one was planned since. */
export async function forgetNextLook(store: Store, id: string, planned: Date): Promise<void> {
  await store.db
    .updateTable('kombo_sync.integrations')
    .set({ retry_at: null })
    .where('id', '=', id)
    .where('status', '=', 'parked')
    .where(sql<boolean>`date_trunc('milliseconds', retry_at) = ${planned}::timestamptz`)
    .execute();
}

/** It can be read again. Undefined if it was not parked, or parked with one of the codes in `unless`. */
export async function unpark(
  store: Store,
  id: string,
  unless: readonly string[] = [],
): Promise<Integration | undefined> {
  return change(store, id, { from: ['parked'], to: 'active', unless });
}

/**
 * A read has shown that a parked integration can be read again. Changes in the meantime may have left no trace, so
 * every endpoint without a full read since then is owed in full. False if it was not parked, or with one of the codes
 * in `unless`.
 */
export async function unparkByRead(
  store: Store,
  id: string,
  { unless, endpoints }: { unless: readonly string[]; endpoints: readonly string[] },
): Promise<boolean> {
  return inTransaction(store, async (inside) => {
    const parked = await inside.db
      .selectFrom('kombo_sync.integrations')
      .select('status_since')
      .where('id', '=', id)
      .where('status', '=', 'parked')
      .where(sql<boolean>`status_code <> all(${unless}::text[])`)
      .forUpdate()
      .executeTakeFirst();
    if (!parked) return false;
    const { status_since: since } = parked;
    const { rows: unread } = await sql<{ path: string }>`
      select e.path from unnest(${endpoints}::text[]) as e(path)
      where not exists (
        select from kombo_sync.endpoint_states s
        where s.integration_id = ${id} and s.endpoint = e.path and s.last_full_at >= ${since})`.execute(
      inside.db,
    );
    await owe(
      inside,
      id,
      unread.map(({ path }) => ({ endpoint: path, kind: 'full' })),
      since,
    );
    return (await unpark(inside, id, unless)) !== undefined;
  });
}

/** Stops reading until `resume`. A second pause only changes the reason. Undefined if it is removed. */
export async function pause(store: Store, id: string, reason: string): Promise<Integration | undefined> {
  return change(store, id, { from: ['active', 'parked', 'paused'], to: 'paused', code: 'Paused', reason });
}

/** Undefined if it was not paused. */
export async function resume(store: Store, id: string): Promise<Integration | undefined> {
  return inTransaction(store, async (inside) => {
    const resumed = await change(inside, id, { from: ['paused'], to: 'active' });
    if (resumed) await wakeForAll(inside, id);
    return resumed;
  });
}

/**
 * Undefined if it was removed before, or its status has changed after `asOf`: nothing changes then.
 *
 * @param why.asOf the time that the removal is about. A later change belongs to a new connection with the same id.
 */
export async function remove(
  store: Store,
  id: string,
  why: { code: string; message: string; at: Date; asOf?: Date | undefined },
): Promise<Integration | undefined> {
  const { code, message, at, asOf } = why;
  return change(store, id, {
    from: ['active', 'parked', 'paused'],
    asOf,
    to: 'removed',
    code,
    reason: message,
    removedAt: at,
  });
}

/** A removed integration exists again. Undefined if it was not removed. */
export async function revive(store: Store, id: string): Promise<Integration | undefined> {
  return change(store, id, { from: ['removed'], to: 'active' });
}

/** Stores a better or newer reason for a removal, for example if Kombo's 404 turned out to be a deletion. */
export async function confirmRemoval(
  store: Store,
  id: string,
  why: { code: string; message: string; at: Date },
): Promise<void> {
  await store.db
    .updateTable('kombo_sync.integrations')
    .set({
      status_code: why.code,
      status_reason: why.message,
      removed_at: why.at,
      ...NOTHING_CHOSEN,
      announced_deleted_at: null,
    })
    .where('id', '=', id)
    .where('status', '=', 'removed')
    .where((eb) => eb.or([eb('status_code', 'is distinct from', why.code), eb('removed_at', '<', why.at)]))
    .execute();
}

/** What follows from the fact that Kombo returned an integration. */
interface Sighting {
  /** Whether it was removed and exists again. */
  revive: boolean;
  /** Whether the removal was a mistake: if it was paused before, it is paused again, and it keeps its choice. */
  keepPause?: boolean;
  /** Whether it was parked and can be read again. */
  unpark: boolean;
  /** Endpoints whose records may have changed without a trace. */
  missed: readonly string[];
  /** Since when; now if left out. */
  missedSince?: Date | undefined;
  /** Deletions reported up to this time do not concern this connection. */
  voidUpTo?: Date | undefined;
}

/** Stores what Kombo returns about an integration and everything that follows from it, in one transaction. */
export async function noteSighting(
  store: Store,
  seen: IntegrationInput,
  sighting: Sighting,
): Promise<{ integration: Integration; revived: boolean }> {
  return inTransaction(store, async (inside) => {
    const saved = await saveIntegration(inside, seen);
    if (sighting.voidUpTo) await voidDeletions(inside, seen.id, sighting.voidUpTo);
    const pausedFor = sighting.keepPause ? await pausedReason(inside, seen.id) : null;
    let revived = sighting.revive ? await revive(inside, seen.id) : undefined;
    if (revived && !sighting.keepPause) {
      await inside.db
        .updateTable('kombo_sync.integrations')
        .set(NOTHING_CHOSEN)
        .where('id', '=', seen.id)
        .execute();
      revived = { ...revived, models: null, excludeModels: null };
    }
    if (revived && pausedFor !== null) revived = await pause(inside, seen.id, pausedFor);
    const unparked = sighting.unpark ? await unpark(inside, seen.id) : undefined;
    await owe(
      inside,
      seen.id,
      sighting.missed.map((endpoint) => ({ endpoint, kind: 'full' })),
      sighting.missedSince,
    );
    return { integration: unparked ?? revived ?? saved, revived: revived !== undefined };
  });
}

/** Why it was paused when it was removed; null if it was not paused. */
async function pausedReason(store: Store, id: string): Promise<string | null> {
  const row = await store.db
    .selectFrom('kombo_sync.integrations')
    .select('paused_reason')
    .where('id', '=', id)
    .executeTakeFirst();
  return row?.paused_reason ?? null;
}

/** Notes that a removed integration was looked up without a change. */
export async function noteLook(store: Store, id: string): Promise<void> {
  await store.db
    .updateTable('kombo_sync.integrations')
    .set({ looked_up_at: sql<Date>`now()` })
    .where('id', '=', id)
    .execute();
}

/** Integrations whose status Temporal may not have matched for a while. */
export async function listUnsettled(store: Store, olderThanMs: number, limit: number): Promise<string[]> {
  const rows = await store.db
    .selectFrom('kombo_sync.integrations')
    .select('id')
    .where('temporal_due_at', '<', sql<Date>`now() - ${olderThanMs} * interval '1 millisecond'`)
    .orderBy('temporal_due_at')
    .limit(limit)
    .execute();
  return rows.map(({ id }) => id);
}

/** Notes that Temporal matches the integration. False if the integration has changed meanwhile. */
export async function noteSettled(
  store: Store,
  { id, status, statusSince, temporalDueAt }: Integration,
): Promise<boolean> {
  const row = await store.db
    .updateTable('kombo_sync.integrations')
    .set({ temporal_due_at: null })
    .where('id', '=', id)
    .where('status', '=', status)
    .where(sql<boolean>`date_trunc('milliseconds', status_since) = ${statusSince}`)
    .where(
      sql<boolean>`coalesce(date_trunc('milliseconds', temporal_due_at) <= ${temporalDueAt}::timestamptz, temporal_due_at is null)`,
    )
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}
