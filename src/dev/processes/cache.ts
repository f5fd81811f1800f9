import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { ownFolder } from './folder.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Where this user keeps what is downloaded, built or copied once for all clones and tests. */
export function userPlace(env: Env): string {
  return path.join(userCache(env), 'kombo-sync');
}

/** This user's place in the machine's folder for temporary files. */
export function temporaryPlace(): string {
  return path.join(tmpdir(), `kombo-sync-${process.getuid?.() ?? 'user'}`);
}

/**
 * The first of these places that this user can write to, that no other user can change, and that `fits`. The home may
 * be missing or read-only.
 *
 * @throws Error with the remedy if there is none.
 */
export function cachePlace(env: Env, fits: (place: string) => boolean = () => true): string {
  const places = [userPlace(env), '/var/cache/kombo-sync', temporaryPlace()];
  const found = places.find((place) => fits(place) && ownFolder(place));
  if (found !== undefined) return found;
  throw new Error(
    `There is no folder to keep the servers of dev in: ${places.join(', ')} cannot be made, or another user can change them. Set XDG_CACHE_HOME or TMPDIR to a folder of yours.`,
  );
}

function userCache(env: Env): string {
  const home = homeOf(env);
  if (process.platform === 'darwin') return path.join(home, 'Library', 'Caches');
  if (process.platform === 'win32') return env['LOCALAPPDATA'] || path.join(home, 'AppData', 'Local');
  return env['XDG_CACHE_HOME'] || path.join(home, '.cache');
}

/** HOME may be unset, and a container may run as a user without a home, which /etc/passwd does not know. */
export function homeOf(env: Env): string {
  if (env['HOME']) return env['HOME'];
  try {
    return userInfo().homedir;
  } catch {
    return '/nonexistent';
  }
}
