import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { checkPostgres } from '../../src/doctor/postgres.ts';
import { openStore, type Store } from '../../src/store/database.ts';
import { readChanges } from '../../src/store/feed.ts';
import { migrate, pendingMigrations } from '../../src/store/migrate.ts';
import { eraseSome, markErased } from '../../src/store/records/erase.ts';
import { saveIntegration } from '../../src/store/state/integrations.ts';
import { remove } from '../../src/store/state/life.ts';
import { prune } from '../../src/store/state/retention.ts';
import { DatabaseProblem } from '../../src/store/upkeep/problem.ts';
import { findMissingRights, grantsFor } from '../../src/store/upkeep/rights.ts';
import { createEmptyStore, createTestStore, type TestStore } from '../support/database.ts';
import { createRole, type Role } from '../support/roles.ts';
import { ask, makePage, open, PLAIN, readPass } from './support.ts';
import { commitPage } from '../../src/store/records/commit-page.ts';
import { findCandidates, finishSweep } from '../../src/store/records/sweep.ts';

const TAGS = '/ats/tags';

/** Does work as another role, and closes its connections afterwards. */
async function as<T>(role: Role, work: (store: Store) => Promise<T>): Promise<T> {
  const store = openStore(role.url, { max: 4 });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

const migrateAs = (role: Role) => as(role, (store) => migrate(store));
const problemOf = async (role: Role) => {
  const error: unknown = await migrateAs(role).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(DatabaseProblem);
  return error as DatabaseProblem;
};
/** Runs the statements of the remedy. */
const grant = (store: TestStore, { remedy }: DatabaseProblem) =>
  store.pool.query(/(?:allow it|act as that): (.*?;)(?: After|$)/.exec(remedy)![1]!);
const doctor = async (role: Role) => (await checkPostgres(loadConfig({ DATABASE_URL: role.url }))).checks;

describe('migrations by a role without rights on the database', () => {
  test('say what to grant, and work with these grants', async () => {
    const store = await createEmptyStore();
    await store.pool.query(`revoke create on database "${new URL(store.url).pathname.slice(1)}" from public`);
    const role = await createRole(store);
    const problem = await problemOf(role);
    expect(problem.what).toMatch(
      `The role ${role.name} may not make schema kombo_sync, kombo, kombo_live in the database`,
    );
    await grant(store, problem);
    expect((await migrateAs(role)).applied.length).toBeGreaterThan(10);
  });

  test('need only schemas that an administrator has created for it', async () => {
    const store = await createEmptyStore();
    const role = await createRole(store);
    await store.pool.query(`create schema kombo authorization ${role.name}; create schema kombo_sync;
       create schema kombo_live authorization ${role.name}`);
    const problem = await problemOf(role);
    expect(problem.what).toMatch(/may not make tables in schema kombo_sync, which belongs to /);
    await grant(store, problem);
    expect((await migrateAs(role)).applied.length).toBeGreaterThan(10);
    expect((await migrateAs(role)).applied).toEqual([]);
  });

  test('name the owner of objects that they may not change, for example after a restore as another role', async () => {
    const store = await createTestStore();
    const role = await createRole(store);
    await store.pool.query(grantsFor(role.name, store.schemas));
    await store.pool.query('alter table kombo.ats_tags drop column remote_id cascade');
    const owner = await createRole(store);
    await store.pool.query(`alter table kombo.ats_tags owner to ${owner.name}`);
    await store.pool.query(`grant usage, create on schema kombo, kombo_live to ${owner.name}`);
    const problem = await problemOf(role);
    expect(problem.message).toMatch(
      /^Postgres denies it to the role \S+: must be owner of table ats_tags\. /,
    );
    expect(problem.remedy).toContain(`grant "${owner.name}" to "${role.name}";`);
    await store.pool.query(`grant ${owner.name} to ${role.name}`);
    expect((await migrateAs(role)).applied).toEqual(['kombo.ats_tags (remote_id)', 'kombo_live.ats_tags']);
  });
});

describe('the role of serve and worker', () => {
  test('reads, writes, sweeps, prunes and erases with the documented grants, and may migrate if nothing is pending', async () => {
    const store = await createTestStore();
    const role = await createRole(store);
    await store.pool.query(grantsFor(role.name, store.schemas));
    await as(role, async (own) => {
      expect(await findMissingRights(own.pool, own.schemas)).toEqual({
        role: role.name,
        missing: [],
        guarded: [],
      });
      expect(await pendingMigrations(own)).toEqual([]);
      expect((await migrate(own)).applied).toEqual([]);
      const id = 'bombohr:1';
      await saveIntegration(own, { id, tool: 'bombohr', category: 'ATS' });
      await readPass(own, id, TAGS, 'full', [[{ id: 'a' }, { id: 'b' }]]);
      const pass = await open(own, id, TAGS, 'full');
      const page = makePage(TAGS, [{ id: 'a' }], { asked: await ask(own) });
      const { pass: listed } = await commitPage(own, pass, page, PLAIN);
      await findCandidates(own, listed, { maxShare: 1, allowMassDeletion: true });
      await finishSweep(own, listed);
      expect((await readChanges(own, { after: '0', limit: 10 })).changes).toHaveLength(2);
      await prune(own, { changesMs: 0, historyMs: 0 });
      await remove(own, id, { code: 'Removed', message: 'a test', at: new Date() });
      while (await eraseSome(own, id));
      await markErased(own, id);
    });
  });

  test('doctor names every grant that is missing, with the statements', async () => {
    const store = await createTestStore();
    const role = await createRole(store);
    const [, nothing] = await doctor(role);
    expect(nothing).toMatchObject({
      name: 'Rights',
      status: 'fail',
      message: expect.stringContaining('usage on schema kombo') as string,
    });
    await store.pool.query(nothing!.remedy!);
    expect((await doctor(role)).filter(({ status }) => status !== 'ok')).toEqual([]);
    // The doctor does not check tables that you have added.
    await store.pool.query(
      `create table kombo.mine (id int); alter table kombo.mine enable row level security;
       create function kombo.my_own() returns int language sql return 1; revoke execute on function kombo.my_own from public`,
    );
    expect((await doctor(role)).filter(({ status }) => status !== 'ok')).toEqual([]);
    await store.pool.query(`revoke delete on kombo.ats_tags from ${role.name}`);
    expect(await doctor(role)).toContainEqual(
      expect.objectContaining({ message: `the role ${role.name} lacks delete on kombo.ats_tags` }),
    );
  });

  test('row level security that a platform has switched on causes an error, never an empty table', async () => {
    const store = await createTestStore();
    const role = await createRole(store);
    await store.pool.query(grantsFor(role.name, store.schemas));
    await store.pool.query('alter table kombo_sync.integrations enable row level security');
    const reading = as(role, (own) => own.db.selectFrom('kombo_sync.integrations').selectAll().execute());
    await expect(reading).rejects.toMatchObject({ code: '42501' });
    const found = (await doctor(role)).find(({ status }) => status === 'fail');
    expect(found).toMatchObject({
      name: 'Rights',
      message: `row level security hides rows of kombo_sync.integrations from the role ${role.name}`,
      remedy: expect.stringContaining(
        'alter table kombo_sync.integrations disable row level security;',
      ) as string,
    });
  });

  test('may have few connections: statements wait for each other, and doctor says so', async () => {
    const store = await createEmptyStore();
    const role = await createRole(store, 'connection limit 1');
    await store.pool.query(
      `grant create on database "${new URL(store.url).pathname.slice(1)}" to ${role.name}`,
    );
    const own = openStore(role.url, { max: 10 });
    try {
      await migrate(own);
      const asked = Array.from({ length: 30 }, (_, index) => own.pool.query(`select ${index} as n`));
      expect((await Promise.all(asked)).map(({ rows }) => (rows[0] as { n: number }).n)).toHaveLength(30);
      // Another process has taken the only one.
      const refused = new pg.Client(role.url);
      await expect(refused.connect()).rejects.toMatchObject({ code: '53300' });
    } finally {
      await own.close();
    }
    const checks = await doctor(role);
    expect(checks.find(({ name }) => name === 'Connections')).toMatchObject({
      status: 'warn',
      message: `the role ${role.name} may have 1, and each process opens up to 20`,
    });
  });
});
