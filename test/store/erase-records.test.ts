import { afterEach, describe, expect, test } from 'vitest';
import { getEndpoint } from '../../src/domain/catalogue/index.ts';
import { eraseOne, findErasable } from '../../src/operations/records.ts';
import { eraseDeletedSome } from '../../src/store/records/erase-records.ts';
import { listAudit } from '../../src/store/state/audit.ts';
import { saveIntegration } from '../../src/store/state/integrations.ts';
import { createTestStore } from '../support/database.ts';
import { requireRightCounts } from '../support/row-counts.ts';
import { readPass, readRow } from './support.ts';

const store = await createTestStore();
const JOBS = '/ats/jobs';
const DAY_MS = 86_400_000;
const actor = { name: 'ada@host', source: 'cli', address: null } as const;
const deps = { store, actor };
let integrations = 0;

const days = (ago: number) => new Date(Date.now() - ago * DAY_MS).toISOString();
const tombstone = (id: string, ago: number) => ({ id, name: `name of ${id}`, remote_deleted_at: days(ago) });
const live = (id: string, more: object = {}) => ({
  id,
  name: `name of ${id}`,
  remote_deleted_at: null,
  ...more,
});

/** An integration whose jobs were read in full. */
async function withJobs(...records: Record<string, unknown>[]): Promise<string> {
  const id = `erased:${++integrations}`;
  await saveIntegration(store, { id, tool: 'demo', category: 'ATS' });
  await readPass(store, id, JOBS, 'full', [records]);
  return id;
}
const row = (id: string, record: string) => readRow(store, id, 'ats_jobs', record);
const ops = async (id: string) => {
  const { rows } = await store.pool.query<{ op: string; id: string }>(
    'select op, id from kombo_sync.changes where integration_id = $1 order by seq',
    [id],
  );
  return rows.map((change) => `${change.op} ${change.id}`);
};
async function eraseAll(afterMs: number): Promise<number> {
  let total = 0;
  for (let rows = await eraseDeletedSome(store, afterMs); rows > 0; total += rows) {
    rows = await eraseDeletedSome(store, afterMs);
  }
  return total;
}

// The counts of rows move with them.
afterEach(() => requireRightCounts(store));

describe('the fields of deleted records', () => {
  test('are erased after the time, in columns, raw and rejected records; the change feed says so', async () => {
    const id = await withJobs(tombstone('old', 15), tombstone('young', 13), live('live'));
    await store.pool.query(
      `insert into kombo_sync.rejected_records (integration_id, endpoint, record_key, id, reason, hash, body)
       values ($1, $2, 'old', 'old', 'unstorable', 'hash', 'body')`,
      [id, JOBS],
    );
    await eraseAll(14 * DAY_MS);
    const old = await row(id, 'old');
    expect(old).toMatchObject({
      raw: { id: 'old' },
      deleted_at: expect.any(Date) as Date,
      erased_at: expect.any(Date) as Date,
    });
    for (const field of Object.keys(getEndpoint(JOBS).fields)) expect(old).toHaveProperty(field, null);
    for (const other of ['young', 'live']) {
      expect(await row(id, other)).toMatchObject({ name: `name of ${other}`, erased_at: null });
    }
    expect((await ops(id)).at(-1)).toBe('erased old');
    const kept = await store.pool.query('select from kombo_sync.rejected_records where integration_id = $1', [
      id,
    ]);
    expect(kept.rowCount).toBe(0);
    // The feed says so once.
    expect(await eraseDeletedSome(store, 14 * DAY_MS)).toBe(0);
  });

  test('(I16) stay erased if Kombo returns the tombstone again, and come back if the record is live again', async () => {
    const id = await withJobs(tombstone('a', 15));
    await eraseAll(14 * DAY_MS);
    const before = await ops(id);
    await readPass(store, id, JOBS, 'full', [[tombstone('a', 15)]]);
    expect(await row(id, 'a')).toMatchObject({ raw: { id: 'a' }, name: null });
    expect(await ops(id)).toEqual(before);
    await readPass(store, id, JOBS, 'full', [[live('a')]]);
    expect(await row(id, 'a')).toMatchObject({ name: 'name of a', deleted_at: null, erased_at: null });
    expect((await ops(id)).at(-1)).toBe('restored a');
  });

  test('are erased in batches, across integrations', async () => {
    const many = Array.from({ length: 700 }, (_, index) => tombstone(`r${index}`, 20));
    const ids = [await withJobs(...many), await withJobs(...many.slice(0, 3))];
    const steps = [];
    for (let rows = await eraseDeletedSome(store, DAY_MS * 14); rows > 0;) {
      steps.push(rows);
      rows = await eraseDeletedSome(store, DAY_MS * 14);
    }
    expect(Math.max(...steps)).toBeLessThanOrEqual(500);
    for (const id of ids) expect(await row(id, 'r0')).toMatchObject({ name: null });
  });
});

describe('one record that you erase', () => {
  const name = (integrationId: string, id: string) => ({ table: 'ats_jobs', integrationId, id });

  test('is erased everywhere except its key, and other records that name it are listed', async () => {
    const id = await withJobs(live('job-1'), live('job-2'));
    const application = { id: 'app-1', job: { id: 'job-1', name: 'name of job-1' }, job_id: 'job-1' };
    await readPass(store, id, '/ats/applications', 'full', [[application, { id: 'app-2', job_id: 'job-2' }]]);
    expect(await eraseOne(deps, name(id, 'job-1'))).toEqual({
      ...name(id, 'job-1'),
      row: 'live',
      setAside: 0,
      changes: 1,
      mentions: [{ table: 'ats_applications', ids: ['app-1'], more: false }],
    });
    expect(await row(id, 'job-1')).toMatchObject({
      raw: { id: 'job-1' },
      name: null,
      deleted_at: expect.any(Date) as Date,
    });
    expect(await row(id, 'job-2')).toMatchObject({ name: 'name of job-2' });
    expect((await ops(id)).at(-1)).toBe('erased job-1');
    expect((await listAudit(store, { integrationId: id })).entries).toMatchObject([
      { action: 'erase-record', outcome: 'done', details: { table: 'ats_jobs', id: 'job-1' } },
    ]);
    expect(await findErasable(deps, name(id, 'job-1'))).toMatchObject({ row: 'erased' });
  });

  test('that does not exist, or whose table does not, is refused with the reason', async () => {
    const id = await withJobs(live('a'));
    await expect(eraseOne(deps, name(id, 'nowhere'))).rejects.toMatchObject({ refusal: 'not-found' });
    await expect(eraseOne(deps, name('nowhere:1', 'a'))).rejects.toMatchObject({ refusal: 'not-found' });
    for (const table of ['constructor', 'ats_nothing', 'ats_jobs; drop table x']) {
      await expect(eraseOne(deps, { ...name(id, 'a'), table })).rejects.toMatchObject({ refusal: 'invalid' });
    }
    expect(await row(id, 'a')).toMatchObject({ name: 'name of a' });
  });
});
