import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { runCommand } from '../processes/command.ts';
import { findOnPath } from '../temporal/cli.ts';

/** As whom Postgres runs, since it refuses to run as root, and what is put before its programs for that. */
export interface PostgresUser {
  /** Undefined: as ourselves. */
  owner: { uid: number; gid: number } | undefined;
  wrapper: readonly string[];
}

/**
 * An ordinary user runs it as himself. For root it is the owner of the data, or the user `postgres` or `nobody`. Where
 * that user may not enter one of the folders, it is allowed to by the one capability that this takes.
 *
 * @throws Error with the remedies when that is not possible.
 */
export async function choosePostgresUser(
  folders: readonly string[],
  data: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<PostgresUser> {
  if (process.getuid?.() !== 0) return { owner: undefined, wrapper: [] };
  const { name, uid, gid } = await ordinaryUser(data);
  const closed = folders.map((folder) => closedFor(folder, uid)).find((folder) => folder !== undefined);
  if (closed === undefined) return { owner: { uid, gid }, wrapper: [] };
  const [setpriv] = findOnPath('setpriv', env);
  const capability = ['--inh-caps=+dac_override', '--ambient-caps=+dac_override'];
  const change = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', ...capability, '--'];
  if (setpriv !== undefined && (await runCommand(setpriv, [...change, 'true'])).ok) {
    return { owner: { uid, gid }, wrapper: [setpriv, ...change] };
  }
  throw new Error(
    `Postgres does not run as root, and the user ${name} may not enter ${closed}. Run as an ordinary user, allow it with: chmod o+x ${closed}, or set DATABASE_URL to a server of your own.`,
  );
}

async function ordinaryUser(data: string): Promise<{ name: string; uid: number; gid: number }> {
  if (existsSync(data)) {
    const { uid, gid } = statSync(data);
    if (uid !== 0) return { name: `with the id ${uid}`, uid, gid };
  }
  for (const name of ['postgres', 'nobody']) {
    const [user, group] = await Promise.all([runCommand('id', ['-u', name]), runCommand('id', ['-g', name])]);
    if (user.ok && group.ok) return { name, uid: Number(user.stdout), gid: Number(group.stdout) };
  }
  throw new Error(
    'Postgres does not run as root, and there is no user postgres or nobody. Run as an ordinary user, or set DATABASE_URL to a server of your own.',
  );
}

/** The uppermost folder on the way that the user may not enter. */
function closedFor(folder: string, uid: number): string | undefined {
  const parent = path.dirname(folder);
  const above = parent === folder ? undefined : closedFor(parent, uid);
  if (above !== undefined) return above;
  if (!existsSync(folder)) return undefined;
  const { mode, uid: owner } = statSync(folder);
  const mayEnter = owner === uid ? mode & 0o100 : mode & 0o001;
  return mayEnter ? undefined : folder;
}
