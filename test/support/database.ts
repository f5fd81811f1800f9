import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { openStore, type Store } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrate.ts';
import { afterFile } from './after-file.ts';
import { eventually } from './poll.ts';

const TEMPLATE_LOCK = 7_105_099;

export interface TestStore extends Store {
  readonly url: string;
}

/**
 * A migrated database for one test file, copied from a template. After the file it is dropped, and the file fails if a
 * connection is still in a transaction.
 */
export async function createTestStore(): Promise<TestStore> {
  await ensureTemplate();
  return openDatabase(`create database "$NAME" template ${inject('templateDatabase')}`, 'copies files');
}

/** An empty database, for tests of the migrations. */
export async function createEmptyStore(): Promise<TestStore> {
  return openDatabase('create database "$NAME"');
}

async function openDatabase(statement: string, how?: 'copies files'): Promise<TestStore> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await withAdmin(async (admin) => {
    const { rows } = await admin.query<{ version: number }>(
      `select current_setting('server_version_num')::int as version`,
    );
    // Where Postgres can, since a template that goes through the log takes many times as long.
    const strategy = how === 'copies files' && rows[0]!.version >= 150_000 ? ' strategy file_copy' : '';
    await admin.query(statement.replace('$NAME', name) + strategy);
  });
  const url = new URL(inject('databaseUrl'));
  url.pathname = `/${name}`;
  const store = openStore(url.href, { max: 10 });
  let closed: Promise<void> | undefined;
  const close = () => (closed ??= store.close());
  afterFile(async () => {
    await close();
    await withAdmin(async (admin) => {
      const { rows } = await admin.query<{ query: string }>(
        `select query from pg_stat_activity where datname = $1 and state like 'idle in transaction%'`,
        [name],
      );
      await admin.query(`drop database if exists "${name}" with (force)`);
      if (rows.length > 0) throw new Error(`A connection was left in a transaction after: ${rows[0]!.query}`);
    });
  });
  return { ...store, close, url: url.href };
}

async function ensureTemplate(): Promise<void> {
  const template = inject('templateDatabase');
  await withAdmin(async (admin) => {
    await admin.query('select pg_advisory_lock($1)', [TEMPLATE_LOCK]);
    const { rowCount } = await admin.query('select 1 from pg_database where datname = $1 and datistemplate', [
      template,
    ]);
    if (rowCount) return;
    await admin.query(`drop database if exists ${template}`);
    await admin.query(`create database ${template}`);
    const url = new URL(inject('databaseUrl'));
    url.pathname = `/${template}`;
    const store = openStore(url.href);
    await migrate(store);
    await store.close();
    await admin.query(`alter database ${template} is_template true`);
  });
}

async function withAdmin<T>(work: (admin: pg.Client) => Promise<T>): Promise<T> {
  const admin = new pg.Client(inject('databaseUrl'));
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.end();
  }
}

/** Resolves when so many connections wait for a lock. */
export async function waitsForLock(store: Store, connections = 1): Promise<void> {
  await eventually(async () => {
    const { rows } = await store.pool.query(
      `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    return rows.length === connections;
  });
}
