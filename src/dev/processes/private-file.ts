import { renameSync, rmSync, writeFileSync } from 'node:fs';

/**
 * Writes a file that only this user can read, even if it replaces one that others can. It writes another file and
 * renames it, since the process may be killed during a write.
 */
export function writePrivately(file: string, text: string): void {
  const fresh = `${file}.new`;
  rmSync(fresh, { force: true });
  writeFileSync(fresh, text, { mode: 0o600 });
  renameSync(fresh, file);
}
