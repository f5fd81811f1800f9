import { shellWord } from '../../domain/text.ts';
import { sql, type Kysely } from 'kysely';
import type pg from 'pg';
import { SyncError } from '../../domain/errors.ts';
import { inTransaction, type Store } from '../database.ts';
import type { Database } from '../schema.ts';

/**
 * A step of the statement that moves a pass. With `NOT_REMOVED`, the statement does nothing for a removed integration,
 * whose data may be erased already. The lock makes a removal, and the erasure after it, wait for the commit. Run this
 * statement last in its transaction, because every other change of the integration waits too.
 */
export const INTEGRATION =
  'integration as (select status from kombo_sync.integrations where id = $1 for share)';
export const NOT_REMOVED = "not exists (select from integration where status = 'removed')";

/** The same step for statements with parameters of their own. It also has the choice of the integration. */
export const integrationStep = (id: string) =>
  sql`integration as (select status, models, exclude_models from kombo_sync.integrations where id = ${id} for share)`;

/** Writes data of an integration unless it is removed. A concurrent removal and this write wait for one another. */
export async function unlessRemoved(
  store: Pick<Store, 'db'>,
  integrationId: string,
  write: (db: Kysely<Database>) => Promise<unknown>,
): Promise<void> {
  await inTransaction(store, async ({ db }) => {
    const integration = await db
      .selectFrom('kombo_sync.integrations')
      .select('status')
      .where('id', '=', integrationId)
      .forShare()
      .executeTakeFirst();
    if (integration?.status !== 'removed') await write(db);
  });
}

/** @throws SyncError IntegrationGone */
export async function refuseRemoved(client: pg.ClientBase | pg.Pool, integrationId: string): Promise<void> {
  const { rowCount } = await client.query(
    `select from kombo_sync.integrations where id = $1 and status = 'removed'`,
    [integrationId],
  );
  if (rowCount) throw integrationRemoved(integrationId);
}

export function integrationRemoved(id: string): SyncError {
  return new SyncError('IntegrationGone', `${id} is removed; nothing is read or written for it.`, {
    remedy: `"kombo-sync integrations add ${shellWord(id)}" brings it back.`,
  });
}
