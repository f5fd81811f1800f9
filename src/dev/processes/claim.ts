import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { tryLock } from './lock.ts';

/**
 * Claims the data folder for this process.
 *
 * @returns the function that releases it. @throws Error that names the process that holds it.
 */
export function claimDataDir(dataDir: string): () => void {
  const holder = path.join(dataDir, 'dev.pid');
  const lock = tryLock(path.join(dataDir, 'dev.lock'));
  if (!lock) {
    const pid = readHolder(holder);
    throw new Error(
      `kombo-sync runs already with the data in ${dataDir}${pid ? ` (process ${pid})` : ''}. End it, or set DATA_DIR to another folder.`,
    );
  }
  writeFileSync(holder, `${process.pid}\n`);
  return () => {
    rmSync(holder, { force: true });
    lock.release();
  };
}

function readHolder(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}
