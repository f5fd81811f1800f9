import { sql, type Kysely } from 'kysely';
import { isChosen, leftOutOf, notChosenReason, selectEndpoints } from '../../domain/choice.ts';
import type { Choice, EndpointSettings } from '../../domain/choice.ts';
import type { EndpointDefinition } from '../../domain/catalogue/index.ts';
import type { Reason } from '../../domain/reads.ts';
import { inTransaction, type Store } from '../database.ts';
import type { Database } from '../schema.ts';
import { NO_FAILURE, owe } from './debts.ts';
import { toIntegration, type Integration } from './integrations.ts';

/* Which models are read for an integration, and how reads of endpoints that are no longer chosen end. */

export interface StoredChoice {
  before: Integration;
  after: Integration;
  /** Endpoints that were not read before the change. */
  added: EndpointDefinition[];
}

/**
 * Stores the choice of an integration. After the commit, nothing more is written for endpoints that it leaves out: this
 * ends their passes, and none begins. Endpoints that it adds are owed in full.
 *
 * @param change properties that it does not have stay as they were.
 * @returns undefined if the integration is removed or unknown.
 */
export async function storeChoice(
  store: Store,
  id: string,
  change: Partial<Choice>,
  settings: EndpointSettings,
): Promise<StoredChoice | undefined> {
  return inTransaction(store, async (inside) => {
    const { db } = inside;
    // The lock orders this and a page that is being written: one waits for the other.
    const row = await db
      .selectFrom('kombo_sync.integrations')
      .selectAll()
      .where('id', '=', id)
      .where('status', '<>', 'removed')
      .forUpdate()
      .executeTakeFirst();
    if (!row) return undefined;
    const before = toIntegration(row);
    const { models, excludeModels } = { ...before, ...change };
    const changed = await db
      .updateTable('kombo_sync.integrations')
      .set({
        models: models && [...models],
        exclude_models: excludeModels && [...excludeModels],
        updated_at: sql<Date>`now()`,
      })
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirstOrThrow();
    const after = toIntegration(changed);
    const dropped = leftOutOf(after, settings, after.category).filter((endpoint) =>
      isChosen(endpoint, before),
    );
    await endReads(
      db,
      id,
      dropped.map((endpoint) => ({
        endpoint: endpoint.path,
        reason: notChosenReason(endpoint, 'integration', id),
      })),
    );
    const readBefore = new Set(selectEndpoints(before, settings).read.map(({ path }) => path));
    const added = selectEndpoints(after, settings).read.filter(({ path }) => !readBefore.has(path));
    await owe(
      inside,
      id,
      added.map(({ path }) => ({ endpoint: path, kind: 'full' })),
    );
    return { before, after, added };
  });
}

/** Ends a read that the settings no longer allow, as `storeChoice` does for the choice of an integration. */
export async function endReadsOf(store: Store, id: string, endpoint: string, reason: Reason): Promise<void> {
  await inTransaction(store, ({ db }) => endReads(db, id, [{ endpoint, reason }]));
}

/**
 * Ends the passes and sweeps of these endpoints; they cannot be resumed. An endpoint that was read before is owed in
 * full. The debt is neither due nor shown until you choose the endpoint again.
 */
async function endReads(
  db: Kysely<Database>,
  id: string,
  left: readonly { endpoint: string; reason: Reason }[],
): Promise<void> {
  if (left.length === 0) return;
  const paths = left.map(({ endpoint }) => endpoint);
  await sql`
    update kombo_sync.passes p set
      state = case when state = 'running' then 'skipped' else state end,
      finished_at = case when state = 'running' then clock_timestamp() else finished_at end,
      error_code = case when state = 'running' then l.code else error_code end,
      error_message = case when state = 'running' then l.message else error_message end,
      sweep_state = case when sweep_state in ('due', 'checking') then 'none' else sweep_state end,
      cursor = null, waits_until = null, version = version + 1
    from unnest(${paths}::text[], ${left.map(({ reason }) => reason.code)}::text[],
      ${left.map(({ reason }) => reason.message)}::text[]) as l(endpoint, code, message)
    where p.integration_id = ${id} and p.endpoint = l.endpoint
      and (p.state = 'running' or p.cursor is not null or p.sweep_state in ('due', 'checking'))`.execute(db);
  for (const listed of ['pass_pages', 'sweep_candidates']) {
    await sql`
      delete from ${sql.table(`kombo_sync.${listed}`)} where pass_id in (
        select id from kombo_sync.passes where integration_id = ${id} and endpoint = any(${paths}))`.execute(
      db,
    );
  }
  await sql`
    delete from kombo_sync.debts
    where integration_id = ${id} and endpoint = any(${paths}) and kind in ('delta', 'sweep')`.execute(db);
  await sql`
    insert into kombo_sync.debts as d (integration_id, endpoint, kind)
    select ${id}, l.path, 'full' from unnest(${paths}::text[]) as l(path)
    where exists (
      select from kombo_sync.endpoint_states s
      where s.integration_id = ${id} and s.endpoint = l.path and s.watermark_at is not null)
    on conflict (integration_id, endpoint, kind) do update set asked_seq = greatest(d.asked_seq, excluded.asked_seq)`.execute(
    db,
  );
  await sql`
    update kombo_sync.debts set due_at = null, woken_at = null, ${sql.raw(NO_FAILURE)}
    where integration_id = ${id} and endpoint = any(${paths})`.execute(db);
}
