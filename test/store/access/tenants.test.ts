import pg from 'pg';
import { beforeEach, describe, expect, test } from 'vitest';
import { openStore, type Store } from '../../../src/store/database.ts';
import { migrate, pendingMigrations } from '../../../src/store/migrate.ts';
import type { Tenant } from '../../../src/store/access/policies.ts';
import { saveIntegration } from '../../../src/store/state/integrations.ts';
import { findMissingRights, grantsFor } from '../../../src/store/upkeep/rights.ts';
import { createEmptyStore, createTestStore, type TestStore } from '../../support/database.ts';
import { createRole, type Role } from '../../support/roles.ts';
import { readPass, sweep, underWay, write } from '../support.ts';
import { ACME, fill, grant, OTHER, plan, refusal, sees } from './support.ts';

const DENIED = /^permission denied for/;
const tagsOf = (...ids: string[]) => ids.map((id) => `of ${id}`);

let store: TestStore;
let role: Role;

beforeEach(async () => {
  store = await createTestStore();
  role = await createRole(store);
  await fill(store);
});

/** The ids in a table, its live view, and the view of integrations. */
async function seesOnly(one: Role, ids: readonly string[]): Promise<void> {
  for (const schema of ['kombo', 'kombo_live']) {
    expect(await sees(one, `select id from ${schema}.ats_tags order by 1`)).toEqual(tagsOf(...ids));
    expect(await sees(one, `select count(*)::int from ${schema}.ats_jobs`)).toEqual([ids.length]);
  }
  expect(await sees(one, 'select integration_id from kombo.integrations order by 1')).toEqual([...ids]);
}

describe('a tenant', () => {
  test('sees one integration, in every relation that it may read', async () => {
    const { integrationId, originId, notes } = await grant(store, role, { tenant: { integrationId: OTHER } });
    expect({ integrationId, originId }).toEqual({ integrationId: OTHER, originId: null });
    expect(notes.join(' ')).toMatch(/The change feed .* stay closed/);
    await seesOnly(role, [OTHER]);
    expect((await grant(store, role, { tenant: { integrationId: OTHER } })).statements).toEqual([]);
  });

  test('sees all integrations of its origin, including one that is added later', async () => {
    const tenant = { originId: 'acme' };
    await grant(store, role, { tenant });
    await seesOnly(role, ACME);
    const later = { id: 'bombohr:9', tool: 'bombohr', category: 'ATS', originId: 'acme' };
    await saveIntegration(store, later);
    await write(store, later.id, '/ats/tags', [{ id: `of ${later.id}` }], underWay('10:00:00'));
    await write(store, later.id, '/ats/jobs', [{ id: 'x' }], underWay('10:00:00'));
    await seesOnly(role, [...ACME, later.id]);
    expect((await grant(store, role, { tenant })).statements).toEqual([]);
    await store.pool.query(`update kombo_sync.integrations set origin_id = 'other' where id = $1`, [
      later.id,
    ]);
    await seesOnly(role, ACME);
  });

  test('cannot make its own functions run on rows of others', async () => {
    await grant(store, role, { tenant: { originId: 'acme' } });
    const spy = `
      create function pg_temp.spy(text) returns boolean language plpgsql cost 0.0001 as
        $$ begin insert into seen values ($1); return true; end $$`;
    const client = new pg.Client(role.url);
    await client.connect();
    try {
      await client.query(`create temp table seen (id text); ${spy}`);
      await client.query('select id from kombo_live.ats_tags where pg_temp.spy(id)');
      await client.query('select origin_id from kombo.integrations where pg_temp.spy(origin_id)');
      const { rows } = await client.query<{ id: string }>('select distinct id from seen order by 1');
      expect(rows.map(({ id }) => id)).toEqual(['acme', ...tagsOf(...ACME)]);
    } finally {
      await client.end();
    }
  });

  test.each([{ integrationId: OTHER }, { originId: 'acme' }])(
    'reads its rows by an index, not the whole table: %j',
    async (tenant) => {
      await store.pool.query(
        `insert into kombo.ats_tags (integration_id, id, raw, observed_at, asked_seq, arrived_seq)
         select 'bombohr:' || n % 100, n, '{}', now(), 0, 0 from generate_series(1, 20000) n;
         analyze kombo.ats_tags`,
      );
      await grant(store, role, { tenant });
      const steps = await sees(role, 'explain select count(name) from kombo_live.ats_tags');
      expect((steps as string[]).join('\n')).toMatch(/(Index|Bitmap Heap) Scan [^\n]*ats_tags/);
    },
  );

  test('without raw, sees the other columns of its own rows', async () => {
    const options = { tenant: { integrationId: OTHER }, withoutRaw: true, models: ['ats_tags'] };
    await grant(store, role, options);
    expect(await sees(role, 'select id from kombo.ats_tags')).toEqual(tagsOf(OTHER));
    expect(await sees(role, 'select raw from kombo.ats_tags')).toMatch(DENIED);
    expect(await sees(role, 'select id from kombo_live.ats_tags')).toMatch(DENIED);
    expect(await sees(role, 'select id from kombo.ats_jobs')).toMatch(DENIED);
    expect((await grant(store, role, options)).statements).toEqual([]);
  });

  test('stays limited if you grant it more by hand', async () => {
    await grant(store, role, { tenant: { integrationId: OTHER }, models: ['ats_tags'] });
    const reader = await createRole(store);
    await grant(store, reader);
    await store.pool.query(`grant ${reader.name} to ${role.name}`);
    await seesOnly(role, [OTHER]);
    // A new run is refused as long as the role can act as one that sees everything.
    const message = await refusal(grant(store, role, { tenant: { integrationId: OTHER } }));
    expect(message).toContain(`can act as ${reader.name}, which may read more than one integration.`);
    await store.pool.query(/revoke .*;/.exec(message)![0]);
    await grant(store, role, { tenant: { integrationId: OTHER } });
  });

  test('becomes another tenant, or a reader of everything, by another run', async () => {
    await grant(store, role, { tenant: { integrationId: OTHER } });
    await grant(store, role, { tenant: { originId: 'acme' } });
    await seesOnly(role, ACME);
    const { notes } = await grant(store, role);
    expect(notes).toEqual([expect.stringContaining('was limited to some integrations, and reads all')]);
    await seesOnly(role, [...ACME, OTHER]);
    expect((await grant(store, role)).statements).toEqual([]);
    expect((await grant(store, role, { tenant: { originId: 'acme' } })).statements.length).toBeGreaterThan(1);
    await seesOnly(role, ACME);
  });

  test('loses the feed, and gets no tables of later versions', async () => {
    await grant(store, role);
    await store.pool.query(
      `grant usage on schema kombo_sync to ${role.name}; grant select on kombo_sync.changes to ${role.name};
       grant select on sequence kombo_sync.changes_seq_seq to ${role.name};
       alter default privileges grant select on tables to ${role.name}`,
    );
    expect(await sees(role, 'select distinct integration_id from kombo_sync.changes')).toHaveLength(3);
    const tenant = { integrationId: OTHER };
    await grant(store, role, { tenant });
    expect(await sees(role, 'select distinct integration_id from kombo_sync.changes')).toMatch(DENIED);
    await store.pool.query('drop table kombo.ats_tags cascade');
    await migrate(store);
    expect(await sees(role, 'select id from kombo.ats_tags')).toMatch(DENIED);
    expect((await plan(store, role, { tenant })).statements).not.toContainEqual(
      expect.stringMatching(/policy|row level/),
    );
    // After the next run it reads the new table, but only its own rows.
    await grant(store, role, { tenant });
    for (const id of [...ACME, OTHER])
      await write(store, id, '/ats/tags', [{ id: `of ${id}` }], underWay('11:00:00'));
    await seesOnly(role, [OTHER]);
  });

  test.each<[Tenant, string[]]>([
    [{ integrationId: OTHER }, [OTHER]],
    [{ originId: `o'r"i\\g` }, [ACME[0]]],
  ])('is limited on a table of a later version before you grant it: %j', async (tenant, ids) => {
    await saveIntegration(store, {
      id: ACME[0],
      tool: 'bombohr',
      category: 'ATS',
      originId: `o'r"i\\g`,
    });
    const second = await createRole(store);
    await grant(store, second, { tenant: { integrationId: 'bombohr:2' } });
    await grant(store, role, { tenant });
    await store.pool.query('drop table kombo.ats_tags cascade');
    const missing = ['kombo.ats_tags', 'kombo_live.ats_tags'];
    expect(await pendingMigrations(store)).toEqual(missing);
    expect((await migrate(store)).applied).toEqual([...missing, 'kombo.ats_tags (policies)']);
    expect(await pendingMigrations(store)).toEqual([]);
    for (const id of [...ACME, OTHER])
      await write(store, id, '/ats/tags', [{ id: `of ${id}` }], underWay('11:00:00'));
    await store.pool.query(
      `grant select on all tables in schema kombo, kombo_live to ${role.name}, ${second.name}`,
    );
    await seesOnly(role, ids);
    await seesOnly(second, ['bombohr:2']);
  });

  test('with a policy that you have changed by hand sees no rows of a table of a later version', async () => {
    await grant(store, role, { tenant: { integrationId: OTHER } });
    await store.pool.query(
      `alter policy "kombo_sync_only_${role.name}" on kombo_sync.integrations using (id like 'bombohr:%');
       drop table kombo.ats_tags cascade`,
    );
    await migrate(store);
    await write(store, OTHER, '/ats/tags', [{ id: 'a' }], underWay('11:00:00'));
    await store.pool.query(`grant select on kombo.ats_tags to ${role.name}`);
    expect(await sees(role, 'select id from kombo.ats_tags')).toEqual([]);
    // The next run restores its limit.
    await grant(store, role, { tenant: { integrationId: OTHER } });
    expect(await sees(role, 'select id from kombo_live.ats_tags')).toEqual(['a']);
  });

  test.each([
    `a' or true or '`,
    `back\\slash'`,
    `two\nlines; --`,
    'a  (b)',
    'kombo.ats_tags',
    `"kombo_sync".x`,
  ])('is limited to exactly the origin %j', async (originId) => {
    await saveIntegration(store, { id: ACME[1], tool: 'bombohr', category: 'ATS', originId });
    await grant(store, role, { tenant: { originId } });
    await seesOnly(role, [ACME[1]]);
    expect((await grant(store, role, { tenant: { originId } })).statements).toEqual([]);
    const { statements } = await grant(store, role, { tenant: { originId: `${originId} ` } });
    expect(statements.length).toBeGreaterThan(1);
    await seesOnly(role, []);
  });

  test('is limited in schemas of other names, even if its origin looks like such a name', async () => {
    const empty = await createEmptyStore();
    const named = openStore(empty.url, { schemas: { data: 'hr', service: 'hr_sync' } });
    try {
      await migrate(named);
      await fill(named);
      const originId = 'kombo.acme, schema kombo_sync';
      await saveIntegration(named, { id: ACME[0], tool: 'bombohr', category: 'ATS', originId });
      const own = await createRole(empty);
      const { statements } = await grant(named, own, { tenant: { originId } });
      expect(statements.join(' ').replaceAll(originId, '')).not.toMatch(/\bkombo(_sync|_live)?\./);
      expect(await sees(own, 'select id from hr_live.ats_tags')).toEqual(tagsOf(ACME[0]));
      expect((await grant(named, own, { tenant: { originId } })).statements).toEqual([]);
    } finally {
      await named.close();
    }
  });
});

describe('beside a tenant', () => {
  test('all other roles see and do the same as before: readers, the service, the owner', async () => {
    const [reader, byHand, service] = [
      await createRole(store),
      await createRole(store),
      await createRole(store),
    ];
    await grant(store, reader);
    await store.pool.query(
      `grant usage on schema kombo, kombo_live to ${byHand.name};
       grant select on all tables in schema kombo, kombo_live to ${byHand.name};
       ${grantsFor(service.name, store.schemas)}`,
    );
    const worker: Store = openStore(service.url, { max: 4 });
    try {
      await readPass(worker, OTHER, '/ats/tags', 'full', [[{ id: `of ${OTHER}` }, { id: 'gone' }]]);
      await grant(store, role, { tenant: { originId: 'acme' } });
      for (const one of [reader, byHand]) {
        expect(await sees(one, 'select count(*)::int from kombo_live.ats_tags')).toEqual([4]);
        expect(await sees(one, 'select count(*)::int from kombo.integrations')).toEqual([3]);
      }
      // Connections that were open before.
      const pass = await readPass(worker, OTHER, '/ats/tags', 'full', [[{ id: `of ${OTHER}` }]]);
      expect(await sweep(worker, pass)).toMatchObject({ sweep_state: 'done', sweep_deleted: 1 });
      await saveIntegration(worker, { id: 'bombohr:4', tool: 'bombohr', category: 'ATS', originId: 'acme' });
      await readPass(worker, 'bombohr:4', '/ats/jobs', 'full', [[{ id: 'new' }]]);
      expect((await findMissingRights(worker.pool, worker.schemas)).guarded).toEqual([]);
      expect((await migrate(store)).applied).toEqual([]);
      expect((await migrate(worker)).applied).toEqual([]);
      expect(await sees(reader, 'select count(*)::int from kombo_live.ats_tags')).toEqual([3]);
      expect(await sees(role, `select count(*)::int from kombo.ats_jobs`)).toEqual([3]);
      // A role that is created later.
      const late = await createRole(store);
      await grant(store, late);
      expect(await sees(late, 'select count(*)::int from kombo_live.ats_tags')).toEqual([3]);
    } finally {
      await worker.close();
    }
  });

  test('another tenant sees only its own rows', async () => {
    const second = await createRole(store);
    await grant(store, role, { tenant: { originId: 'acme' } });
    await grant(store, second, { tenant: { integrationId: OTHER } });
    await seesOnly(role, ACME);
    await seesOnly(second, [OTHER]);
    expect((await plan(store, role, { tenant: { originId: 'acme' } })).statements).toEqual([]);
  });
});
