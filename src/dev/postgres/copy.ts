import {
  chmodSync,
  constants,
  cpSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import path from 'node:path';

/**
 * Copies an installed package of Postgres to a place where every user may run it, unless a whole copy of that version
 * is there. A rename puts it in place, so that no other process sees half of it.
 *
 * @returns the folder of the copy.
 */
export function copyPrograms(root: string, place: string, finish: (root: string) => unknown): string {
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    version: string;
  };
  const target = path.join(place, `postgres-${version}`);
  // Some systems remove old files from their folder for temporary files, one at a time.
  if (isWhole(root, target)) return target;
  const work = mkdtempSync(`${target}-`);
  try {
    const copying = { recursive: true, verbatimSymlinks: true, mode: constants.COPYFILE_FICLONE };
    cpSync(path.join(root, 'native'), path.join(work, 'native'), copying);
    finish(work);
    openForAll(work);
    rmSync(target, { recursive: true, force: true });
    renameSync(work, target);
  } catch (error) {
    // Another process may have put it in place first.
    if (!isWhole(root, target)) throw error;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return target;
}

const filesBelow = (folder: string) => readdirSync(folder, { recursive: true, encoding: 'utf8' });

function isWhole(root: string, copy: string): boolean {
  if (!existsSync(copy)) return false;
  return filesBelow(path.join(root, 'native')).every((file) => {
    const [wanted, found] = [root, copy].map((folder) =>
      lstatSync(path.join(folder, 'native', file), { throwIfNoEntry: false }),
    );
    return found !== undefined && (!wanted?.isFile() || found.size === wanted.size);
  });
}

/** The package may have been installed with a umask that closes it to others. */
function openForAll(folder: string): void {
  for (const file of [folder, ...filesBelow(folder).map((name) => path.join(folder, name))]) {
    const found = lstatSync(file);
    if (!found.isSymbolicLink()) chmodSync(file, found.mode & 0o100 ? 0o755 : 0o644);
  }
}
