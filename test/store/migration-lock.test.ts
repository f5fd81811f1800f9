import { describe, expect, test } from 'vitest';
import { openStore } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrate.ts';
import { withMigrationLock } from '../../src/store/upkeep/migration-lock.ts';
import { createTestStore } from '../support/database.ts';

const store = await createTestStore();

/** A migration that runs until the test ends it. */
async function busyMigration() {
  const other = openStore(store.url, { max: 2, applicationName: 'kombo-sync other' });
  const held = Promise.withResolvers<number>();
  const done = Promise.withResolvers<void>();
  const holding = withMigrationLock(other, {}, async (client) => {
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    held.resolve(rows[0]!.pid);
    await done.promise;
  });
  const end = async () => {
    done.resolve();
    await holding.catch(() => {});
    await other.close();
  };
  return { pid: await held.promise, end };
}

describe('while another process migrates', () => {
  test('a message names it and since when it runs, once; then this one continues', async () => {
    const other = await busyMigration();
    const said: string[] = [];
    const migrating = migrate(store, { sayAfterMs: 100, say: (text) => void said.push(text) });
    await expect.poll(() => said).toHaveLength(1);
    await other.end();
    expect(await migrating).toEqual({ applied: [] });
    expect(said).toEqual([
      expect.stringMatching(
        new RegExp(
          `^Waiting for another migration: process ${other.pid} of Postgres \\(role \\S+, kombo-sync other, since 20\\d\\d-.*Z\\)\\.$`,
        ),
      ),
    ]);
  });

  test('this one gives up after a while, and the statement in its message ends the other one', async () => {
    const other = await busyMigration();
    const error: unknown = await migrate(store, { sayAfterMs: 50, giveUpAfterMs: 300 }).catch(
      (thrown: unknown) => thrown,
    );
    const { message } = error as Error;
    expect(message).toMatch(/^Another migration has held the lock for \d+ s: process \d+ of Postgres/);
    const [statement] = /select pg_terminate_backend\(\d+\);$/.exec(message)!;
    expect(statement).toContain(String(other.pid));
    await store.pool.query(statement);
    expect(await migrate(store)).toEqual({ applied: [] });
    await other.end();
  });

  test('a migration of other schemas does not wait', async () => {
    const other = await busyMigration();
    const elsewhere = openStore(store.url, { schemas: { data: 'hr', service: 'hr_sync' } });
    const { applied } = await migrate(elsewhere, { sayAfterMs: 0, giveUpAfterMs: 0 });
    expect(applied).toContain('hr.ats_jobs');
    await elsewhere.close();
    await other.end();
  });
});
