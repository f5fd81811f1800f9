import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openStore, type Store } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrate.ts';
import { findMissingRights, NEEDED } from '../../src/store/upkeep/rights.ts';
import { read } from '../docs/markdown.ts';
import { readPass, readRow, sweep } from '../store/support.ts';
import { createEmptyStore } from '../support/database.ts';

const suffix = randomBytes(6).toString('hex');
const [OWNER, SERVICE] = [`owner_${suffix}`, `service_${suffix}`];
const PASSWORD = 'secret';

let admin: Awaited<ReturnType<typeof createEmptyStore>>;
let owner: Store;
let service: Store;

/** The script as psql reads it, with names of our own, because roles belong to the whole server. */
function script(): string {
  return read('deploy/postgres/roles.sql')
    .replaceAll(/^\\getenv .*$/gm, '')
    .replaceAll(/:'\w+'/g, `'${PASSWORD}'`)
    .replaceAll(':"DBNAME"', `"${new URL(admin.url).pathname.slice(1)}"`)
    .replaceAll(/\bkombo_sync(_owner)?\b/g, (_name, isOwner) => (isOwner ? OWNER : SERVICE));
}

function storeOf(role: string): Store {
  const url = new URL(admin.url);
  url.username = role;
  url.password = PASSWORD;
  return openStore(url.href, { max: 2 });
}

beforeAll(async () => {
  admin = await createEmptyStore();
  await admin.pool.query(script());
  [owner, service] = [storeOf(OWNER), storeOf(SERVICE)];
  await migrate(owner);
});

afterAll(async () => {
  await Promise.all([owner.close(), service.close()]);
  // Roles outlive the database.
  await admin.pool.query(`reassign owned by ${OWNER} to current_user`);
  for (const role of [SERVICE, OWNER]) await admin.pool.query(`drop owned by ${role}; drop role ${role}`);
});

test('neither role is a superuser or may create roles or databases', async () => {
  const { rows } = await admin.pool.query(
    `select rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls as mighty
     from pg_roles where rolname in ($1, $2)`,
    [OWNER, SERVICE],
  );
  expect(rows).toEqual([{ mighty: false }, { mighty: false }]);
});

test('serve and worker may read and write every table', async () => {
  const { rows } = await service.pool.query<{ name: string; may: boolean }>(
    `select format('%I.%I', n.nspname, c.relname) as name,
       case c.relkind
         when 'S' then has_sequence_privilege(c.oid, 'usage') and has_sequence_privilege(c.oid, 'select') else
         has_table_privilege(c.oid, 'select') and has_table_privilege(c.oid, 'insert')
         and has_table_privilege(c.oid, 'update') and has_table_privilege(c.oid, 'delete') end as may
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname in ('kombo', 'kombo_sync') and c.relkind in ('r', 'v', 'm', 'S')`,
  );
  expect(rows.length).toBeGreaterThan(40);
  expect(rows.filter(({ may }) => !may)).toEqual([]);
});

test('the script grants what the code needs, and no more', async () => {
  const granted = [...script().matchAll(/ grant ([a-z, ]+) on (\w+) to/g)].map(
    ([, privileges, objects]) => [objects, privileges!.split(', ')] as const,
  );
  expect(Object.fromEntries(granted)).toEqual(NEEDED);
  expect(await findMissingRights(service.pool, service.schemas)).toEqual({
    role: SERVICE,
    missing: [],
    guarded: [],
  });
});

test('a full pass with its sweep needs no more than that', async () => {
  const full = (...ids: string[]) =>
    readPass(service, 'personio:abc', '/ats/tags', 'full', [ids.map((id) => ({ id }))]);
  await full('a', 'b');
  expect(await sweep(service, await full('a'))).toMatchObject({ sweep_state: 'done', sweep_deleted: 1 });
  expect(await readRow(service, 'personio:abc', 'ats_tags', 'a')).toMatchObject({ deleted_at: null });
});

test.each([
  'create table kombo.mine (id text)',
  'create schema mine',
  'alter table kombo_sync.integrations add column mine text',
  'drop table kombo.hris_employees',
  'truncate kombo.hris_employees',
])('serve and worker may not: %s', async (statement) => {
  await expect(service.pool.query(statement)).rejects.toThrow(/permission denied|must be owner/);
});
