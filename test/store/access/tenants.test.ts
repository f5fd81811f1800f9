import pg from 'pg';
import { beforeEach, describe, expect, test } from 'vitest';
import { openStore, type Store } from '../../../src/store/database.ts';
import { migrate } from '../../../src/store/migrate.ts';
import { planAccess, type Wish } from '../../../src/store/access/plan.ts';
import { refuseAccess } from '../../../src/store/access/refusals.ts';
import { readAccess } from '../../../src/store/access/snapshot.ts';
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

/** By table, live view and the view of integrations. */
async function seesOnly(one: Role, ids: readonly string[]): Promise<void> {
  for (const schema of ['kombo', 'kombo_live']) {
    expect(await sees(one, `select id from ${schema}.ats_tags order by 1`)).toEqual(tagsOf(...ids));
    expect(await sees(one, `select count(*)::int from ${schema}.ats_jobs`)).toEqual([ids.length]);
  }
  expect(await sees(one, 'select integration_id from kombo.integrations order by 1')).toEqual([...ids]);
}

describe('a tenant', () => {
  test('sees one integration, by every way that it may read', async () => {
    const { integrationId, originId, notes } = await grant(store, role, { tenant: { integrationId: OTHER } });
    expect({ integrationId, originId }).toEqual({ integrationId: OTHER, originId: null });
    expect(notes.join(' ')).toMatch(/The change feed .* stay closed/);
    await seesOnly(role, [OTHER]);
    expect((await grant(store, role, { tenant: { integrationId: OTHER } })).statements).toEqual([]);
  });

  test('sees all integrations of its origin, also one that comes later', async () => {
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

  test('sees no functions of its own run over rows of others', async () => {
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
    'has its rows read by the key, not the whole table: %j',
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

  test('without raw sees the other columns of its own rows', async () => {
    const options = { tenant: { integrationId: OTHER }, withoutRaw: true, models: ['ats_tags'] };
    await grant(store, role, options);
    expect(await sees(role, 'select id from kombo.ats_tags')).toEqual(tagsOf(OTHER));
    expect(await sees(role, 'select raw from kombo.ats_tags')).toMatch(DENIED);
    expect(await sees(role, 'select id from kombo_live.ats_tags')).toMatch(DENIED);
    expect(await sees(role, 'select id from kombo.ats_jobs')).toMatch(DENIED);
    expect((await grant(store, role, options)).statements).toEqual([]);
  });

  test('stays limited when it is granted more by hand', async () => {
    await grant(store, role, { tenant: { integrationId: OTHER }, models: ['ats_tags'] });
    const reader = await createRole(store);
    await grant(store, reader);
    await store.pool.query(`grant ${reader.name} to ${role.name}`);
    await seesOnly(role, [OTHER]);
    // And is refused as long as it can act as one that sees everything.
    const message = await refusal(grant(store, role, { tenant: { integrationId: OTHER } }));
    expect(message).toContain(`can act as ${reader.name}, which may read more than one integration.`);
    await store.pool.query(/revoke .*;/.exec(message)![0]);
    await grant(store, role, { tenant: { integrationId: OTHER } });
  });

  test('becomes another one, and a reader of everything, by running it again', async () => {
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

  test('loses the feed, and what a later version brings', async () => {
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
    // With the next run it reads the new table, and its own rows only.
    await grant(store, role, { tenant });
    for (const id of [...ACME, OTHER])
      await write(store, id, '/ats/tags', [{ id: `of ${id}` }], underWay('11:00:00'));
    await seesOnly(role, [OTHER]);
  });

  test.each([
    `a' or true or '`,
    `back\\slash'`,
    `two\nlines; --`,
    'a  (b)',
    'kombo.ats_tags',
    `"kombo_sync".x`,
  ])('is limited to the origin %j, and to no other one', async (originId) => {
    await saveIntegration(store, { id: ACME[1], tool: 'bombohr', category: 'ATS', originId });
    await grant(store, role, { tenant: { originId } });
    await seesOnly(role, [ACME[1]]);
    expect((await grant(store, role, { tenant: { originId } })).statements).toEqual([]);
    const { statements } = await grant(store, role, { tenant: { originId: `${originId} ` } });
    expect(statements.length).toBeGreaterThan(1);
    await seesOnly(role, []);
  });

  test('has its limits in schemas of other names, whatever its origin is called', async () => {
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
  test('all others see and do what they did: readers, the service, the owner', async () => {
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
      // On connections that were open before.
      const pass = await readPass(worker, OTHER, '/ats/tags', 'full', [[{ id: `of ${OTHER}` }]]);
      expect(await sweep(worker, pass)).toMatchObject({ sweep_state: 'done', sweep_deleted: 1 });
      await saveIntegration(worker, { id: 'bombohr:4', tool: 'bombohr', category: 'ATS', originId: 'acme' });
      await readPass(worker, 'bombohr:4', '/ats/jobs', 'full', [[{ id: 'new' }]]);
      expect((await findMissingRights(worker.pool, worker.schemas)).guarded).toEqual([]);
      expect((await migrate(store)).applied).toEqual([]);
      expect((await migrate(worker)).applied).toEqual([]);
      expect(await sees(reader, 'select count(*)::int from kombo_live.ats_tags')).toEqual([3]);
      expect(await sees(role, `select count(*)::int from kombo.ats_jobs`)).toEqual([3]);
      // One that comes later.
      const late = await createRole(store);
      await grant(store, late);
      expect(await sees(late, 'select count(*)::int from kombo_live.ats_tags')).toEqual([3]);
    } finally {
      await worker.close();
    }
  });

  test('another tenant sees its own rows only', async () => {
    const second = await createRole(store);
    await grant(store, role, { tenant: { originId: 'acme' } });
    await grant(store, second, { tenant: { integrationId: OTHER } });
    await seesOnly(role, ACME);
    await seesOnly(second, [OTHER]);
  });
});

describe('a role that cannot be limited is refused, with what to do', () => {
  const tenant = { integrationId: OTHER };
  const fails = (message: RegExp) =>
    refusal(grant(store, role, { tenant })).then((found) => expect(found).toMatch(message));

  test.each([
    ['a superuser', 'superuser', /is a superuser, for whom no policy counts\. .* nosuperuser;$/],
    ['one that passes over policies', 'bypassrls', /passes over policies \(BYPASSRLS\)\. .* nobypassrls;$/],
  ])('%s', async (_what, option, message) => {
    await store.pool.query(`alter role ${role.name} ${option}`);
    await fails(message);
    const change = /alter role .*;/.exec(await refusal(grant(store, role, { tenant })))![0];
    await store.pool.query(change);
    await grant(store, role, { tenant });
    await seesOnly(role, [OTHER]);
  });

  test('the owner, and the role of the service', async () => {
    await store.pool.query(`alter table kombo.ats_tags owner to ${role.name}`);
    await fails(/may write kombo\.ats_tags: it belongs to the service/);
    await store.pool.query('alter table kombo.ats_tags owner to current_user');
    await store.pool.query(`grant insert on kombo_sync.passes to ${role.name}`);
    await fails(/may write kombo_sync\.passes: it belongs to the service/);
  });

  test('one that reads all data of the server', async () => {
    await store.pool.query(`grant pg_read_all_data to ${role.name}`);
    await fails(/can act as pg_read_all_data, which may read more/);
  });

  test('any, while everyone may read a table of the service', async () => {
    await store.pool.query('grant select on kombo_sync.changes to public');
    await fails(/^Everyone may read kombo_sync\.changes, .* revoke all on kombo_sync\.changes from public;$/);
  });

  test('any, while policies of yours are not in force', async () => {
    await store.pool.query(`create policy mine on kombo.ats_tags using (id = 'x')`);
    await fails(/^kombo\.ats_tags has policies that are not in force: "mine"\./);
    await store.pool.query('alter table kombo.ats_tags enable row level security');
    await grant(store, role, { tenant });
    expect(await sees(role, 'select id from kombo.ats_tags')).toEqual(tagsOf(OTHER));
  });

  test('any, by a server whose views cannot ask the rights of their reader', async () => {
    const access = await readAccess(store.pool, store.schemas, ['ats_tags'], role.name);
    const wish: Wish = { tables: 'all', withoutRaw: false, tenant };
    expect(refuseAccess(access, access.role!, wish)).toBeUndefined();
    const old = { ...access, knowsInvoker: false };
    expect(refuseAccess(old, access.role!, wish)).toMatch(/^Postgres 14 .* in kombo_live\. Use Postgres 15/);
    expect(refuseAccess(old, access.role!, { ...wish, tenant: undefined })).toBeUndefined();
    expect(planAccess(access, access.role!, wish).length).toBeGreaterThan(1);
  });

  test('an integration that is not here; an origin may come later', async () => {
    expect(await refusal(grant(store, role, { tenant: { integrationId: 'bombohr:none' } }))).toMatch(
      /^There is no integration bombohr:none\./,
    );
    const { notes } = await plan(store, role, { tenant: { originId: 'none' } });
    expect(notes.join(' ')).toContain('No integration in kombo_sync.integrations has this origin_id now');
  });
});

test('a view of yours that shows a tenant the rows of all is named', async () => {
  await store.pool.query(
    `create view public.mine as select id from kombo.ats_tags; grant select on public.mine to ${role.name};
     create view public.safe with (security_invoker = true) as select id from kombo.ats_tags; grant select on public.safe to public`,
  );
  const { notes } = await grant(store, role, { tenant: { integrationId: OTHER } });
  expect(notes.filter((note) => note.includes('public.'))).toEqual([
    expect.stringMatching(/may read public\.mine, which shows the records of all integrations/),
  ]);
  expect(await sees(role, 'select id from public.safe')).toEqual(tagsOf(OTHER));
});
