import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Where other commands find the servers of a `dev` that runs; there is no such file when none does. */
export function devEnvironmentFile(dataDir = '.kombo-sync'): string {
  return path.join(dataDir, 'env');
}

export function writeEnvironmentFile(
  dataDir: string,
  settings: Readonly<Record<string, string | undefined>>,
): void {
  const lines = Object.entries(settings).flatMap(([name, value]) => (value ? [`${name}='${value}'\n`] : []));
  writeFileSync(devEnvironmentFile(dataDir), lines.join(''), { mode: 0o600 });
}

export function removeEnvironmentFile(dataDir: string): void {
  rmSync(devEnvironmentFile(dataDir), { force: true });
}
