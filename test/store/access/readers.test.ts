import { beforeEach, describe, expect, test } from 'vitest';
import { CATALOGUE } from '../../../src/domain/catalogue/index.ts';
import { openStore, type Store } from '../../../src/store/database.ts';
import { migrate } from '../../../src/store/migrate.ts';
import { grantsFor } from '../../../src/store/upkeep/rights.ts';
import { createTestStore, type TestStore } from '../../support/database.ts';
import { createRole, type Role } from '../../support/roles.ts';
import { ACME, fill, grant, OTHER, plan, refusal, sees } from './support.ts';

const TAGS = [...ACME, OTHER].map((id) => `of ${id}`);
const JOBS = TAGS.map((tag) => `job ${tag}`);
const DENIED = /^permission denied for/;

let store: TestStore;
let role: Role;

beforeEach(async () => {
  store = await createTestStore();
  role = await createRole(store);
  await fill(store);
});

async function as<T>(one: Role, work: (own: Store) => Promise<T>): Promise<T> {
  const own = openStore(one.url, { max: 2 });
  try {
    return await work(own);
  } finally {
    await own.close();
  }
}

describe('a reader of everything', () => {
  test('reads data, live views and integrations, and nothing else', async () => {
    await store.pool.query('create table kombo.mine (id int)');
    expect(await sees(role, 'select id from kombo.ats_tags')).toMatch(DENIED);
    const { tables, applied } = await grant(store, role);
    expect({ applied, tables }).toEqual({ applied: true, tables: CATALOGUE.map(({ table }) => table) });
    for (const { table } of CATALOGUE) {
      for (const schema of ['kombo', 'kombo_live']) {
        expect(await sees(role, `select count(raw) from ${schema}.${table}`), table).toHaveLength(1);
      }
    }
    expect(await sees(role, 'select id from kombo.ats_tags order by 1')).toEqual(TAGS);
    expect(await sees(role, 'select id from kombo_live.ats_tags order by 1')).toEqual(TAGS);
    expect(await sees(role, 'select integration_id from kombo.integrations order by 1')).toEqual([
      ...ACME,
      OTHER,
    ]);
    for (const denied of [
      'select id from kombo.mine',
      'select id from kombo_sync.integrations',
      'delete from kombo.ats_tags',
      'insert into kombo_live.ats_tags (id) values (1)',
    ]) {
      expect(await sees(role, denied)).toMatch(DENIED);
    }
  });

  test('gets nothing new from a second run, and reads the tables of a later version', async () => {
    await grant(store, role);
    expect((await grant(store, role)).statements).toEqual([]);
    await store.pool.query('drop table kombo.ats_tags cascade');
    await migrate(store);
    expect(await sees(role, 'select id from kombo_live.ats_tags')).toEqual([]);
    expect((await plan(store, role)).statements).toEqual([]);
  });

  test('gets from the printed statements what --apply gives', async () => {
    const { statements, applied } = await plan(store, role);
    expect(applied).toBe(false);
    expect(await sees(role, 'select id from kombo.ats_tags')).toMatch(DENIED);
    await store.pool.query(statements.join('\n'));
    expect((await plan(store, role)).statements).toEqual([]);
    expect(await sees(role, 'select id from kombo_live.ats_tags order by 1')).toEqual(TAGS);
  });
});

describe('a reader of some models', () => {
  test('loses models that are no longer named, and gets no tables of later versions', async () => {
    await grant(store, role);
    const { statements, notes } = await grant(store, role, { models: ['ats_j*'] });
    expect(statements.filter((sql) => sql.startsWith('grant'))).toEqual([]);
    expect(notes).toEqual([expect.stringContaining('Tables that a new version brings are not included')]);
    expect(await sees(role, 'select id from kombo_live.ats_jobs order by 1')).toEqual(JOBS);
    expect(await sees(role, 'select id from kombo.integrations')).toMatch(/does not exist/);
    for (const schema of ['kombo', 'kombo_live']) {
      expect(await sees(role, `select id from ${schema}.ats_tags`)).toMatch(DENIED);
    }
    await store.pool.query('drop table kombo.ats_tags cascade');
    await migrate(store);
    expect(await sees(role, 'select id from kombo.ats_tags')).toMatch(DENIED);
    expect((await grant(store, role, { models: ['ats_j*'] })).statements).toEqual([]);
    await grant(store, role);
    expect(await sees(role, 'select id from kombo.ats_tags')).toEqual([]);
  });

  test('is refused for names that are not models', async () => {
    expect(await refusal(grant(store, role, { models: ['ats_jobs', 'ats_jobz', 'x*'] }))).toMatch(
      /^Unknown model or table: ats_jobz, x\*\. Name one as hris_employees/,
    );
  });
});

describe('a reader without raw', () => {
  test('reads every column of the tables except raw, which it cannot read at all', async () => {
    await grant(store, role);
    const { notes } = await grant(store, role, { withoutRaw: true });
    expect(notes.join(' ')).toContain('The views of kombo_live stay closed, since raw is in them.');
    const name = `select name from kombo.ats_tags where deleted_at is null`;
    expect(await sees(role, name)).toEqual(['x', 'x', 'x']);
    for (const columns of ['raw', '*', 't', 'count(t)']) {
      expect(await sees(role, `select ${columns} from kombo.ats_tags t`)).toMatch(DENIED);
    }
    for (const column of ['raw', 'name']) {
      expect(await sees(role, `select ${column} from kombo_live.ats_tags`)).toMatch(DENIED);
    }
    expect(await sees(role, 'select integration_id from kombo.integrations')).toHaveLength(3);
    expect((await grant(store, role, { withoutRaw: true })).statements).toEqual([]);
    await grant(store, role);
    expect(await sees(role, 'select count(raw) from kombo_live.ats_tags')).toEqual(['3']);
    expect((await plan(store, role)).statements).toEqual([]);
  });

  test('reads a column of a new version after the command has run again, as the note says', async () => {
    const { notes } = await grant(store, role, { withoutRaw: true });
    expect(notes).toContain(
      'Tables and columns that a new version brings are not included. Run this again after an upgrade.',
    );
    await store.pool.query('alter table kombo.ats_tags drop column name cascade');
    await migrate(store);
    expect(await sees(role, 'select name from kombo.ats_tags')).toMatch(DENIED);
    await grant(store, role, { withoutRaw: true });
    expect(await sees(role, 'select name from kombo.ats_tags')).toEqual(['x', 'x', 'x']);
  });
});

describe('a role', () => {
  test('with any name is quoted in the statements', async () => {
    const name = `we"ird'; drop table x; --\n${role.name}`;
    await store.pool.query(`alter role ${role.name} rename to "${name.replaceAll('"', '""')}"`);
    const url = new URL(role.url);
    url.username = encodeURIComponent(name);
    const weird = { name, url: url.href };
    try {
      await store.pool.query(`alter role "${name.replaceAll('"', '""')}" password 'secret'`);
      await grant(store, weird, { tenant: { integrationId: OTHER } });
      expect(await sees(weird, 'select id from kombo_live.ats_tags')).toEqual([`of ${OTHER}`]);
      await store.pool.query((await plan(store, weird)).statements.join('\n'));
      expect((await plan(store, weird)).statements).toEqual([]);
      expect(await sees(weird, 'select id from kombo_live.ats_tags')).toHaveLength(3);
    } finally {
      await store.pool.query(`alter role "${name.replaceAll('"', '""')}" rename to ${role.name}`);
    }
  });

  test('that does not exist is not created', async () => {
    const error: unknown = await grant(store, { name: 'no "one', url: '' }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({
      code: 'not_found',
      message: `There is no role no "one on this server of Postgres. Make it first: create role "no ""one" login password '…';`,
    });
  });

  test('that the service runs as keeps its rights', async () => {
    await store.pool.query(grantsFor(role.name, store.schemas));
    expect(await refusal(grant(store, role, { models: ['ats_jobs'] }))).toMatch(
      /may write \S+: it belongs to the service, whose rights stay as they are\. Choose another role/,
    );
    await as(role, async (own) => {
      await own.pool.query('select from kombo.ats_tags');
    });
  });

  test('sees rows even if a platform has switched on row level security', async () => {
    await store.pool.query(
      'alter table kombo.ats_tags enable row level security; alter table kombo_sync.integrations enable row level security',
    );
    const other = await createRole(store);
    await store.pool.query(
      `grant usage on schema kombo to ${other.name}; grant select on kombo.ats_tags to ${other.name}`,
    );
    await grant(store, role);
    expect(await sees(role, 'select id from kombo_live.ats_tags order by 1')).toEqual(TAGS);
    expect(await sees(role, 'select integration_id from kombo.integrations')).toHaveLength(3);
    expect(await sees(other, 'select id from kombo.ats_tags')).toEqual([]);
    expect((await grant(store, role)).statements).toEqual([]);
  });
});

describe('statements that cannot be run', () => {
  test('change nothing if another role has to run them, which is named', async () => {
    const service = await createRole(store);
    await store.pool.query(grantsFor(service.name, store.schemas));
    await as(service, async (own) => {
      expect(await refusal(grant(own, role))).toMatch(
        /^This takes the rights of the role \S+, for example: .* Nothing was changed\. Run the command with DATABASE_URL of /,
      );
      // This role may still print them.
      expect((await plan(own, role)).statements.length).toBeGreaterThan(1);
    });
    expect(await sees(role, 'select id from kombo.ats_tags')).toMatch(DENIED);
  });

  test('change nothing if a grant of another role would stay', async () => {
    const other = await createRole(store);
    await store.pool.query(
      `grant usage on schema kombo to ${other.name}; grant select on kombo.ats_tags to ${other.name} with grant option`,
    );
    await as(other, (own) => own.pool.query(`grant select on kombo.ats_tags to ${role.name}`));
    expect(await refusal(grant(store, role, { models: ['ats_jobs'] }))).toMatch(
      /^Postgres has not done all of it; this is still missing: revoke select on kombo\.ats_tags from .* Nothing was changed\./,
    );
    expect(await sees(role, 'select id from kombo.ats_jobs')).toMatch(DENIED);
  });

  test('change nothing if a table stays locked', { timeout: 20_000 }, async () => {
    const client = await store.pool.connect();
    try {
      await client.query('begin; lock table kombo.ats_tags in access share mode');
      expect(await refusal(grant(store, role, { tenant: { originId: 'acme' } }))).toBe(
        'A table was in use for longer than 5 s. Nothing was changed. Try again when fewer long queries run.',
      );
      await client.query('rollback');
    } finally {
      client.release();
    }
    expect(await sees(role, 'select id from kombo.ats_jobs')).toMatch(DENIED);
  });
});
