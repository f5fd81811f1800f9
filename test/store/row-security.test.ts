import { afterEach, beforeEach, expect, inject, test, vi } from 'vitest';
import { openStore, type Store } from '../../src/store/database.ts';
import { readChanges } from '../../src/store/feed.ts';
import { findMissingRights, grantsFor } from '../../src/store/upkeep/rights.ts';
import { createTestStore, type TestStore } from '../support/database.ts';
import { hasPgBouncer, startPgBouncer } from '../support/pgbouncer.ts';
import { createRole, type Role } from '../support/roles.ts';
import { readPass, sweep } from './support.ts';

const ID = 'bombohr:1';
const TAGS = '/ats/tags';

let owner: TestStore;
let role: Role;
let worker: Store;

beforeEach(async () => {
  owner = await createTestStore();
  role = await createRole(owner);
  await owner.pool.query(grantsFor(role.name, owner.schemas));
  worker = openStore(role.url, { max: 4 });
});
afterEach(() => worker.close());

const TABLES = ['kombo.ats_tags', 'kombo_sync.integrations', 'kombo_sync.passes'];

/** Policies that let these roles see everything, as `grants` creates them beside tenants. */
async function openTo(who: string): Promise<void> {
  for (const table of TABLES) {
    await owner.pool.query(
      `create policy everyone on ${table} to ${who} using (true); alter table ${table} enable row level security`,
    );
  }
}

const full = (store: Store, ...ids: string[]) =>
  readPass(store, ID, TAGS, 'full', [ids.map((id) => ({ id }))]);
const setting = async () =>
  (await worker.pool.query<{ row_security: string }>('show row_security')).rows[0]!.row_security;
const read = () => worker.pool.query('select id from kombo.ats_tags order by id');

test('policies that hide nothing are applied, also on open connections and in transactions', async () => {
  await full(worker, 'a', 'b');
  expect(await setting()).toBe('off');
  await openTo('public');
  // Writes on connections and with statements that were prepared before.
  const passes = await Promise.all([
    full(worker, 'a'),
    readPass(worker, 'bombohr:2', TAGS, 'full', [[{ id: 'c' }]]),
  ]);
  expect(await sweep(worker, passes[0])).toMatchObject({ sweep_state: 'done', sweep_deleted: 1 });
  expect((await readChanges(worker, { after: '0', limit: 10 })).changes).toHaveLength(4);
  expect((await read()).rows).toEqual([{ id: 'a' }, { id: 'b' }, { id: 'c' }]);
  expect(await setting()).toBe('on');
  expect((await findMissingRights(worker.pool, worker.schemas)).guarded).toEqual([]);
});

test('a policy that hides rows is an error, even after others have been applied', async () => {
  await openTo('public');
  await full(worker, 'a');
  await owner.pool.query('alter table kombo.ats_jobs enable row level security');
  const later = performance.now() + 31_000;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => later);
  await expect(worker.pool.query('select id from kombo.ats_jobs')).rejects.toMatchObject({ code: '42501' });
  clock.mockRestore();
  const other = openStore(role.url, { max: 1 });
  try {
    await expect(other.pool.query('select id from kombo.ats_jobs')).rejects.toMatchObject({ code: '42501' });
    await expect(other.pool.query('select id from kombo.ats_tags')).rejects.toMatchObject({ code: '42501' });
  } finally {
    await other.close();
  }
  expect((await findMissingRights(worker.pool, worker.schemas)).guarded).toEqual(['kombo.ats_jobs']);
});

test.each([
  ['some roles only', (name: string) => `to ${name} using (true)`, false],
  ['some rows only', () => `to public using (integration_id = 'x')`, false],
  ['reading only', () => 'for select to public using (true)', false],
  ['everything, beside one that limits another role', () => 'to public using (true)', true],
])('a policy for %s is judged right', async (_what, policy, isFine) => {
  const tenant = await createRole(owner);
  await owner.pool.query(
    `create policy one on kombo.ats_tags ${policy(role.name)};
     create policy two on kombo.ats_tags as restrictive to ${tenant.name} using (integration_id = 'x');
     alter table kombo.ats_tags enable row level security`,
  );
  if (isFine) {
    expect((await read()).rows).toEqual([]);
    // Then the role of the worker becomes a limited one too.
    await owner.pool.query(`grant ${tenant.name} to ${role.name}`);
    const other = openStore(role.url, { max: 1 });
    await expect(other.pool.query('select id from kombo.ats_tags')).rejects.toMatchObject({ code: '42501' });
    await other.close();
  } else await expect(read()).rejects.toMatchObject({ code: '42501' });
  const { guarded } = await findMissingRights(worker.pool, worker.schemas);
  expect(guarded).toEqual(['kombo.ats_tags']);
});

test('no policy is applied while the data tables cannot be found', async () => {
  await openTo('public');
  await owner.pool.query('drop view kombo.integrations');
  await expect(read()).rejects.toMatchObject({ code: '42501' });
});

test('policies on a table that you have added do not count', async () => {
  await openTo('public');
  await owner.pool.query(
    'create table kombo.mine (id int); alter table kombo.mine enable row level security',
  );
  expect((await read()).rows).toEqual([]);
});

test.skipIf(!hasPgBouncer)(
  'policies that hide nothing are applied behind a pooler too',
  { timeout: 60_000 },
  async () => {
    const pooler = await startPgBouncer(inject('databaseUrl'), 'transaction');
    const pooled = openStore(pooler.url(role.url), { max: 4 });
    try {
      await full(pooled, 'a');
      await openTo('public');
      await full(pooled, 'a', 'b');
      expect((await pooled.pool.query('select id from kombo.ats_tags')).rows).toHaveLength(2);
    } finally {
      await pooled.close();
    }
  },
);
