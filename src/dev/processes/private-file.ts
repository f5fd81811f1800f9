import { renameSync, rmSync, writeFileSync } from 'node:fs';

/**
 * Writes a file that only this user can read, also in the place of one that others can. It is written beside and renamed,
 * since a process may be killed in the middle of a write.
 */
export function writePrivately(file: string, text: string): void {
  const fresh = `${file}.new`;
  rmSync(fresh, { force: true });
  writeFileSync(fresh, text, { mode: 0o600 });
  renameSync(fresh, file);
}
