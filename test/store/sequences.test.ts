import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { checkPostgres } from '../../src/doctor/postgres.ts';
import { explain, outageOf } from '../../src/outages/index.ts';
import { latestPosition, readChanges } from '../../src/store/feed.ts';
import { migrate } from '../../src/store/migrate.ts';
import { drawObservation } from '../../src/store/state/observations.ts';
import { findLaggingSequences } from '../../src/store/upkeep/sequences.ts';
import { createTestStore, type TestStore } from '../support/database.ts';
import { ask, open, readPass, write } from './support.ts';

const TAGS = '/ats/tags';
const ID = 'bombohr:1';

/** The state after logical replication: the rows are there, but the sequences start at one. */
async function replicated(): Promise<TestStore> {
  const store = await createTestStore();
  for (const name of ['a', 'b', 'c']) await readPass(store, ID, TAGS, 'full', [[{ id: name }]]);
  await write(store, ID, '/ats/jobs', [{ id: 'j' }], await ask(store));
  await store.pool.query(
    `insert into kombo_sync.audit_log (actor, source, action, outcome) values ('me', 'cli', 'pause', 'done')`,
  );
  for (const name of ['passes_id_seq', 'changes_seq_seq', 'audit_log_id_seq', 'observations']) {
    await store.pool.query(`select setval('kombo_sync.${name}', 1, false)`);
  }
  return store;
}

const LAGGING = 'Set it right with: kombo-sync setup';

/** Checks that the error about a duplicate key names the remedy, for every key that a sequence fills. */
async function expectAdvice(store: TestStore): Promise<void> {
  const { rows } = await store.pool.query<{ constraint: string }>(
    `select conname::text as constraint from pg_constraint c join pg_attribute a
     on a.attrelid = c.conrelid and c.conkey = array[a.attnum]
     where c.contype = 'p' and a.attidentity <> '' and c.connamespace = 'kombo_sync'::regnamespace`,
  );
  expect(rows).toHaveLength(3);
  for (const { constraint } of rows) {
    const error = Object.assign(new Error('no'), { severity: 'ERROR', code: '23505', constraint });
    expect(outageOf(error)).toMatchObject({ remedy: LAGGING });
  }
}

const sequences = async ({ url }: TestStore) =>
  (await checkPostgres(loadConfig({ DATABASE_URL: url }))).checks.find(({ name }) => name === 'Sequences');

describe('sequences that lag behind their tables', () => {
  test('are found by doctor and repaired by a migration', async () => {
    const store = await replicated();
    const refused: unknown = await open(store, ID, TAGS, 'full').catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: '23505' });
    expect(explain(refused)).toMatch(/a sequence lags behind its table .* kombo-sync setup$/);
    await expectAdvice(store);
    // The feed is neither empty nor refused for a lost position.
    for (const after of ['0', '1', '3']) {
      const refused = await readChanges(store, { after, limit: 10 }).catch((error: unknown) => error);
      expect(outageOf(refused)).toMatchObject({ kind: 'behind-schema', remedy: LAGGING });
    }
    expect(await sequences(store)).toMatchObject({
      status: 'fail',
      message: expect.stringMatching(/^kombo_sync\.audit_log_id_seq, .* is at 1, and 1 is taken$/) as string,
      remedy: expect.stringContaining('kombo-sync setup') as string,
    });

    expect((await migrate(store)).applied).toHaveLength(4);
    expect(await sequences(store)).toMatchObject({ status: 'ok' });
    const { rows } = await store.pool.query<{ seq: number }>(
      `select greatest((select max(arrived_seq) from kombo.ats_jobs), (select max(started_seq) from kombo_sync.passes)) as seq`,
    );
    expect(await drawObservation(store)).toBeGreaterThan(rows[0]!.seq);
    const before = await latestPosition(store);
    await readPass(store, ID, TAGS, 'full', [[{ id: 'd' }]]);
    const { changes } = await readChanges(store, { after: before, limit: 10 });
    expect(changes.map(({ id }) => id)).toContain('d');
    expect((await migrate(store)).applied).toEqual([]);
  });

  test('are found even if only the data tables show it', async () => {
    const store = await createTestStore();
    await write(store, ID, '/ats/jobs', [{ id: 'j' }], await ask(store));
    await store.pool.query(
      `update kombo.ats_jobs set arrived_seq = 5000; update kombo_sync.changes_removed set up_to = 70`,
    );
    await store.pool.query('delete from kombo_sync.changes');
    expect(await findLaggingSequences(store.pool, store.schemas)).toMatchObject([
      { name: 'kombo_sync.changes_seq_seq', used: '70' },
      { name: 'kombo_sync.observations', used: '5000' },
    ]);
    await migrate(store);
    expect(await drawObservation(store)).toBe(5001);
    expect(await latestPosition(store)).toBe('70');
  });

  test('are not changed if they are ahead, or if the database is empty', async () => {
    const store = await createTestStore();
    expect(await findLaggingSequences(store.pool, store.schemas, true)).toEqual([]);
    await store.pool.query(`select setval('kombo_sync.observations', 900)`);
    expect((await migrate(store)).applied).toEqual([]);
    expect(await drawObservation(store)).toBe(901);
  });
});
