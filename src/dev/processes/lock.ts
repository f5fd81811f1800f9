import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { makeFolder } from './folder.ts';

export interface Lock {
  release(): void;
}

/** https://www.sqlite.org/rescode.html#busy */
const SQLITE_BUSY = 5;

/** Keeps references: without one, SQLite closes the database and so releases its lock. */
const held = new Set<DatabaseSync>();

/**
 * A lock between processes; undefined while another one holds it. SQLite holds it as a lock of the operating system,
 * which ends with the process, even if that is killed. So a lock is never stale.
 */
export function tryLock(file: string): Lock | undefined {
  makeFolder(path.dirname(file));
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    database.exec('begin exclusive');
  } catch (error) {
    database.close();
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) return undefined;
    throw error;
  }
  held.add(database);
  return {
    release: () => {
      held.delete(database);
      database.close();
    },
  };
}
