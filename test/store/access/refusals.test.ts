import { beforeEach, describe, expect, test } from 'vitest';
import { planAccess, type Wish } from '../../../src/store/access/plan.ts';
import { refuseAccess } from '../../../src/store/access/refusals.ts';
import { readAccess } from '../../../src/store/access/snapshot.ts';
import { createTestStore, type TestStore } from '../../support/database.ts';
import { createRole, type Role } from '../../support/roles.ts';
import { fill, grant, OTHER, plan, refusal, sees } from './support.ts';

const tagsOf = (...ids: string[]) => ids.map((id) => `of ${id}`);

let store: TestStore;
let role: Role;

beforeEach(async () => {
  store = await createTestStore();
  role = await createRole(store);
  await fill(store);
});

describe('a role that cannot be limited is refused, with what to do', () => {
  const tenant = { integrationId: OTHER };
  const refused = () => refusal(grant(store, role, { tenant }));

  test.each([
    ['a superuser', 'superuser', /is a superuser, for whom no policy counts\. .* nosuperuser;$/],
    ['a role that bypasses policies', 'bypassrls', /passes over policies \(BYPASSRLS\)\. .* nobypassrls;$/],
  ])('%s', async (_what, option, message) => {
    await store.pool.query(`alter role ${role.name} ${option}`);
    expect(await refused()).toMatch(message);
    if (option === 'superuser') {
      expect(await refusal(grant(store, role))).toMatch(/is a superuser and reads everything already\./);
    }
    const change = /alter role .*;/.exec(await refused())![0];
    await store.pool.query(change);
    await grant(store, role, { tenant });
    expect(await sees(role, 'select id from kombo_live.ats_tags')).toEqual(tagsOf(OTHER));
  });

  test('the owner, and the role that the service runs as', async () => {
    await store.pool.query(`alter table kombo.ats_tags owner to ${role.name}`);
    expect(await refused()).toMatch(/may write kombo\.ats_tags: it belongs to the service/);
    await store.pool.query('alter table kombo.ats_tags owner to current_user');
    await store.pool.query(`grant insert on kombo_sync.passes to ${role.name}`);
    expect(await refused()).toMatch(/may write kombo_sync\.passes: it belongs to the service/);
  });

  test('one that may read all data of the server', async () => {
    await store.pool.query(`grant pg_read_all_data to ${role.name}`);
    expect(await refused()).toMatch(/can act as pg_read_all_data, which may read more/);
  });

  test('any role, while all roles may read a table of the service', async () => {
    await store.pool.query('grant select on kombo_sync.changes to public');
    expect(await refused()).toMatch(
      /^Everyone may read kombo_sync\.changes, .* revoke all on kombo_sync\.changes from public;$/,
    );
  });

  test('any role, while you have policies that are not in force', async () => {
    await store.pool.query(`create policy mine on kombo.ats_tags using (id = 'x')`);
    expect(await refused()).toMatch(/^kombo\.ats_tags has policies that are not in force: "mine"\./);
    await store.pool.query('alter table kombo.ats_tags enable row level security');
    await grant(store, role, { tenant });
    expect(await sees(role, 'select id from kombo.ats_tags')).toEqual(tagsOf(OTHER));
  });

  test('any role, on a server whose views cannot apply the rights of their readers', async () => {
    const access = await readAccess(store.pool, store.schemas, ['ats_tags'], role.name);
    const wish: Wish = { tables: 'all', withoutRaw: false, tenant };
    expect(refuseAccess(access, access.role!, wish)).toBeUndefined();
    const old = { ...access, knowsInvoker: false };
    expect(refuseAccess(old, access.role!, wish)).toMatch(/^Postgres 14 .* in kombo_live\. Use Postgres 15/);
    expect(refuseAccess(old, access.role!, { ...wish, tenant: undefined })).toBeUndefined();
    expect(planAccess(access, access.role!, wish).length).toBeGreaterThan(1);
  });

  test('a role for an unknown integration; an unknown origin is allowed, because it may come later', async () => {
    expect(await refusal(grant(store, role, { tenant: { integrationId: 'bombohr:none' } }))).toMatch(
      /^There is no integration bombohr:none\./,
    );
    const { notes } = await plan(store, role, { tenant: { originId: 'none' } });
    expect(notes.join(' ')).toContain('No integration in kombo_sync.integrations has this origin_id now');
  });
});

test('a view of yours that shows a tenant all rows is named', async () => {
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
