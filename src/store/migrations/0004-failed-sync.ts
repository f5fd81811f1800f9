import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** A failure counts once, however often it is written down. */
async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw('alter table kombo_sync.endpoint_states add column failed_sync text').execute(db);
}

export const failedSync: Migration = { up };
