import { sql } from 'kysely';
import type { Store } from '../database.ts';

/** Stores a deletion that a webhook reported until a look-up settles it. */
export async function announceDeletion(store: Pick<Store, 'db'>, id: string, deletedAt: Date): Promise<void> {
  await store.db
    .updateTable('kombo_sync.integrations')
    .set({ announced_deleted_at: sql<Date>`greatest(announced_deleted_at, ${deletedAt})` })
    .where('id', '=', id)
    .where(sql<boolean>`coalesce(deletions_void_up_to < ${deletedAt}, true)`)
    .execute();
}

/** Deletions up to this time do not concern the present connection, even if webhooks report them again. */
export async function voidDeletions(store: Pick<Store, 'db'>, id: string, upTo: Date): Promise<void> {
  await store.db
    .updateTable('kombo_sync.integrations')
    .set({
      deletions_void_up_to: sql<Date>`greatest(deletions_void_up_to, ${upTo})`,
      announced_deleted_at: sql<Date | null>`case when announced_deleted_at > ${upTo} then announced_deleted_at end`,
    })
    .where('id', '=', id)
    .execute();
}
