/**
 * A script: moves what is in the write-ahead log of a SQLite database into the database, and empties the log. It waits for the
 * readers of the moment, which a checkpoint of the server itself does not.
 *
 *     node checkpoint.ts <database>
 */
import { DatabaseSync } from 'node:sqlite';

const PATIENCE_MS = 20_000;

const [file] = process.argv.slice(2);
if (!file) throw new Error('Usage: checkpoint <database>');
const database = new DatabaseSync(file, { timeout: PATIENCE_MS });
const { busy } = database.prepare('pragma wal_checkpoint(truncate)').get() as { busy: number };
database.close();
process.exitCode = busy === 0 ? 0 : 1;
