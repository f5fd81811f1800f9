import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { runCommand } from '../processes/command.ts';
import { closedFor } from '../processes/folder.ts';

export interface PostgresUser {
  uid: number;
  gid: number;
}

/**
 * The user that Postgres runs as, since it refuses to run as root: the owner of the data, or the user `postgres` or
 * `nobody`. Undefined if this process is not root: then Postgres runs as the same user.
 *
 * @throws Error with the remedies if there is no such user.
 */
export async function choosePostgresUser(data: string): Promise<PostgresUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  if (existsSync(data)) {
    const { uid, gid } = statSync(data);
    if (uid !== 0) return { uid, gid };
  }
  for (const name of ['postgres', 'nobody']) {
    const [user, group] = await Promise.all([runCommand('id', ['-u', name]), runCommand('id', ['-g', name])]);
    if (user.ok && group.ok) return { uid: Number(user.stdout), gid: Number(group.stdout) };
  }
  throw new Error(
    'Postgres does not run as root, and there is no user postgres or nobody. Run as an ordinary user, or set DATABASE_URL to a server of your own.',
  );
}

/** Linux opens it without checking the folders above. */
const WORKING_FOLDER = '/proc/self/cwd';

/**
 * The path by which Postgres, started in this folder, can open it. The home folder of root usually has mode 0700, so
 * other users cannot open anything in it by its path, not even their own files.
 *
 * @throws Error with the remedies if there is no such path.
 */
export function nameFor(user: PostgresUser | undefined, folder: string): string {
  const closed = user && closedFor(user.uid, path.dirname(folder));
  if (closed === undefined) return folder;
  if (existsSync(WORKING_FOLDER)) return WORKING_FOLDER;
  throw new Error(
    `Postgres does not run as root, and other users may not enter ${closed}. Run as an ordinary user, or set DATA_DIR to a folder that others may enter, for example /var/lib/kombo-sync, or DATABASE_URL to a server of your own.`,
  );
}
