import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { makeFolder } from './folder.ts';

export interface Lock {
  release(): void;
}

/** SQLite closes a database without references, and its lock goes with it. */
const held = new Set<DatabaseSync>();

/**
 * A lock between processes; undefined while another one holds it. SQLite keeps it as a lock of the operating system, which
 * ends with its process however that ends, so there is never a stale one.
 */
export function tryLock(file: string): Lock | undefined {
  makeFolder(path.dirname(file));
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    database.exec('begin exclusive');
  } catch (error) {
    database.close();
    if (error instanceof Error && /locked|busy/i.test(error.message)) return undefined;
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
