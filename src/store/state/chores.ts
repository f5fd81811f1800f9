import { sql } from 'kysely';
import type { Store } from '../database.ts';

/** Work that one process does for all of them. */
export interface Chore {
  name: string;
  /** Where it was done for another one, it is due. */
  version: string;
  /** It is due again so long after it was done (milliseconds). */
  everyMs: number;
  /** Who would do it. */
  by: string;
}

/** A process that dies holds its chore no longer than this. */
export const HOLD_MS = 2 * 60_000;

/**
 * Takes a chore that is due and that no other process is at. It is held for two minutes; `holdChore` makes it longer.
 *
 * @param anyVersion whether it is only due when its time has come, for a process whose version has been looked at before.
 */
export async function takeChore(
  { db }: Pick<Store, 'db'>,
  { name, version, everyMs, by }: Chore,
  { anyVersion = false } = {},
): Promise<boolean> {
  const { rows } = await sql`
    insert into kombo_sync.chores as known (name, held_by, held_until)
    values (${name}, ${by}, now() + ${HOLD_MS} * interval '1 millisecond')
    on conflict (name) do update set held_by = excluded.held_by, held_until = excluded.held_until
      where (known.held_until is null or known.held_until < now())
        and (known.done_at is null or known.done_at < now() - ${everyMs} * interval '1 millisecond'
          or (${!anyVersion}::boolean and known.version <> ${version}))
    returning name`.execute(db);
  return rows.length > 0;
}

/** False when another process has it by now. */
export async function holdChore(
  { db }: Pick<Store, 'db'>,
  { name, by }: Pick<Chore, 'name' | 'by'>,
): Promise<boolean> {
  const { rows } = await sql`
    update kombo_sync.chores set held_until = now() + ${HOLD_MS} * interval '1 millisecond'
    where name = ${name} and held_by = ${by} returning name`.execute(db);
  return rows.length > 0;
}

/** It is done, by the process that held it or by you. */
export async function noteDone(
  { db }: Pick<Store, 'db'>,
  { name, version }: Pick<Chore, 'name' | 'version'>,
): Promise<void> {
  await sql`
    insert into kombo_sync.chores as known (name, version, done_at) values (${name}, ${version}, now())
    on conflict (name) do update
      set version = excluded.version, done_at = excluded.done_at, held_by = null, held_until = null`.execute(
    db,
  );
}

/** It is not done, and may be taken again in a minute. */
export async function letGo(
  { db }: Pick<Store, 'db'>,
  { name, by }: Pick<Chore, 'name' | 'by'>,
): Promise<void> {
  await sql`
    update kombo_sync.chores set held_until = now() + interval '1 minute'
    where name = ${name} and held_by = ${by}`.execute(db);
}
