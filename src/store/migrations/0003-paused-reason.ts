import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** A pause outlives a removal that was a mistake. */
async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw('alter table kombo_sync.integrations add column paused_reason text').execute(db);
}

export const pausedReason: Migration = { up };
