import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { Worker } from '@temporalio/worker';
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { describeSchema, readData, recordMigration, restore, type Dump } from '../../scripts/upgrade/dump.ts';
import { showIntegrations } from '../../src/operations/show.ts';
import { loadConfig } from '../../src/config.ts';
import { migrate, pendingMigrations } from '../../src/store/migrate.ts';
import { workflowBundle } from '../../src/worker/bundle.ts';
import { installRuntime } from '../../src/worker/runtime.ts';
import { createEmptyStore } from '../support/database.ts';

installRuntime(pino({ level: 'silent' }));

const here = new URL('./', import.meta.url);
const versions = readdirSync(here).filter((name) => existsSync(new URL(`${name}/database.json.gz`, here)));

const REMEDY =
  'A released version left this behind. Bring it along by a new step of src/store/migrations, or by patched().';

async function restored(dump: Dump) {
  const store = await createEmptyStore();
  await restore(store, dump);
  return store;
}

test('a dump makes a database that is the one it was made of, with its rows', async () => {
  const [original, empty] = [await createEmptyStore(), await createEmptyStore()];
  const statements = await recordMigration(original);
  await original.pool.query(
    `insert into kombo_sync.integrations (id, tool, category) values ('personio:abc', 'personio', 'HRIS')`,
  );
  const dump = JSON.parse(JSON.stringify({ statements, ...(await readData(original)) })) as Dump;
  await restore(empty, dump);
  expect(await describeSchema(empty)).toEqual(await describeSchema(original));
  expect(await readData(empty)).toEqual(await readData(original));
  expect(await pendingMigrations(empty)).toEqual([]);
  // What the dump does not have, a test of a version would see.
  const short = await restored({
    ...dump,
    statements: statements.filter(({ text }) => !/changes/.test(text)),
  }).catch((error: unknown) => error);
  expect(short).toBeInstanceOf(Error);
});

describe.each(versions)('(I20) what %s left behind', (version) => {
  const folder = new URL(`${version}/`, here);
  const dump = JSON.parse(gunzipSync(readFileSync(new URL('database.json.gz', folder))).toString()) as Dump;

  test('is migrated to the schema of today, keeps its rows, and is shown', async () => {
    const store = await restored(dump);
    const before = await readData(store);
    await migrate(store);
    const fresh = await createEmptyStore();
    await migrate(fresh);
    expect(await describeSchema(store), REMEDY).toEqual(await describeSchema(fresh));
    const { rows } = await readData(store);
    for (const [table, records] of Object.entries(before.rows)) {
      if (/\.migrations/.test(table)) continue;
      expect(rows[table], `${table}: ${REMEDY}`).toHaveLength(records.length);
    }
    const shown = await showIntegrations({ config: loadConfig({}), store }, { limit: 10 });
    expect(shown.integrations.map(({ id }) => id)).toEqual(['upgraded:one']);
  });

  test('replays: a run that it has begun goes on with the code of today', { timeout: 120_000 }, async () => {
    const bundle = await workflowBundle(undefined);
    for (const name of readdirSync(new URL('histories/', folder))) {
      const history = JSON.parse(readFileSync(new URL(`histories/${name}`, folder), 'utf8')) as {
        events: { workflowExecutionStartedEventAttributes?: { workflowId?: string } }[];
      };
      const id = history.events[0]?.workflowExecutionStartedEventAttributes?.workflowId;
      const replay = Worker.runReplayHistory({ workflowBundle: bundle }, history, id);
      await expect(replay, `${name}: ${REMEDY}`).resolves.toBeUndefined();
    }
  });
});
