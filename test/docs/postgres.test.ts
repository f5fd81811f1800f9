import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { loadConfig, SETTINGS } from '../../src/config.ts';
import { openStore, type Store } from '../../src/store/database.ts';
import { readChanges } from '../../src/store/feed.ts';
import { migrate } from '../../src/store/migrate.ts';
import { findMissingRights } from '../../src/store/upkeep/rights.ts';
import { write, underWay } from '../store/support.ts';
import { createEmptyStore, type TestStore } from '../support/database.ts';
import { hasPgBouncer, startPgBouncer } from '../support/pgbouncer.ts';
import { codeBlocks, section, tableRows } from './markdown.ts';

const text = section('docs/operations.md', '## Your Postgres');
const [statements, readers] = codeBlocks(text, 'sql') as [string, string];
const suffix = randomBytes(6).toString('hex');
const ROLES = ['kombo_sync_owner', 'kombo_sync', 'reporting', 'consumer'] as const;
type Role = (typeof ROLES)[number];
const nameOf = (role: Role) => `${role}_${suffix}`;

/** Roles belong to the whole server, so each run has its own. The schema has the name of one of them. */
const withOwnRoles = (sql: string) =>
  sql.replaceAll(
    /(?<!schema (?:kombo, )?)\b(kombo_sync_owner|kombo_sync|reporting|consumer)\b(?!\.)/g,
    (role) => nameOf(role as Role),
  );

let admin: TestStore;
const stores: Partial<Record<Role, Store>> = {};

beforeAll(async () => {
  admin = await createEmptyStore();
  await admin.pool.query(withOwnRoles(statements));
  for (const role of ROLES) {
    const url = new URL(admin.url);
    url.username = nameOf(role);
    url.password = encodeURIComponent('…');
    stores[role] = openStore(url.href, { max: 2 });
  }
  await migrate(stores.kombo_sync_owner!);
  await admin.pool.query(withOwnRoles(readers));
});

afterAll(async () => {
  await Promise.all(Object.values(stores).map((store) => store.close()));
  await admin.pool.query(`reassign owned by ${nameOf('kombo_sync_owner')} to current_user`);
  for (const role of ROLES.toReversed())
    await admin.pool.query(`drop owned by ${nameOf(role)}; drop role ${nameOf(role)}`);
});

describe('the statements for roles', () => {
  test('give serve and worker what they need, before and after the next migration', async () => {
    const { kombo_sync: service } = stores;
    const missing = async () => (await findMissingRights(service!.pool, service!.schemas)).missing;
    expect(await missing()).toEqual([]);
    await admin.pool.query('drop table kombo.ats_tags cascade');
    expect((await migrate(stores.kombo_sync_owner!)).applied).toEqual([
      'kombo.ats_tags',
      'kombo_live.ats_tags',
    ]);
    expect(await missing()).toEqual([]);
    await expect(service!.pool.query('drop table kombo.ats_tags')).rejects.toThrow('must be owner');
  });

  test('let readers read the data and the feed, and write neither', async () => {
    await write(stores.kombo_sync!, 'bombohr:1', '/ats/tags', [{ id: 'a' }], underWay('10:00:00'));
    for (const role of ['reporting', 'consumer'] as const) {
      const { rows } = await stores[role]!.pool.query('select id from kombo.ats_tags');
      expect(rows).toEqual([{ id: 'a' }]);
    }
    const { changes } = await readChanges(stores.consumer!, { after: '0', limit: 10 });
    expect(changes).toHaveLength(1);
    for (const statement of ['delete from kombo_sync.changes', `select kombo_sync.begin_write('x')`])
      await expect(stores.consumer!.pool.query(statement)).rejects.toThrow('permission denied');
    await expect(stores.reporting!.pool.query('table kombo_sync.integrations')).rejects.toThrow(
      'permission denied',
    );
  });
});

test('schema names as the page writes them are accepted', () => {
  const [block] = codeBlocks(text, 'sh');
  const settings = Object.fromEntries(
    [...block!.matchAll(/^(\w+)=(\S+)/gm)].map(([, name, value]) => [name!, value!]),
  );
  expect(loadConfig(settings)).toMatchObject(settings);
});

test('addresses as the page writes them are accepted, and every setting that it names exists', () => {
  const urls = [...text.matchAll(/`DATABASE_URL=(\S+)`/g)].map(([, url]) => url!);
  expect(urls).toHaveLength(2);
  for (const url of urls) expect(loadConfig({ DATABASE_URL: url }).DATABASE_URL?.reveal()).toBe(url);
  for (const [, name] of text.matchAll(/\b(DATA(?:BASE)?_[A-Z]+(?:_URL)?|SERVICE_SCHEMA)\b/g)) {
    expect(Object.keys(SETTINGS)).toContain(name!.replace(/_FILE$/, ''));
  }
});

test('every sslmode of the table exists', () => {
  const modes = tableRows(section('docs/operations.md', '### TLS')).flatMap(([cell]) =>
    [...cell!.matchAll(/`([a-z-]+)`/g)].map(([, mode]) => mode!),
  );
  expect(modes).toHaveLength(7);
  for (const mode of modes) {
    const url = `postgres://me@localhost/app?sslmode=${mode}`;
    const { DATABASE_CA: ca } = loadConfig({});
    expect(ca).toBeUndefined();
    if (mode === 'verify-ca') expect(() => loadConfig({ DATABASE_URL: url })).toThrow('DATABASE_CA_FILE');
    else expect(loadConfig({ DATABASE_URL: url }).DATABASE_URL?.reveal()).toBe(url);
  }
});

test.skipIf(!hasPgBouncer)('PgBouncer works with the settings of the page', { timeout: 60_000 }, async () => {
  const [block] = codeBlocks(text, 'ini');
  const settings = block!.split('[pgbouncer]')[1]!.trim().split('\n');
  expect(settings[0]).toBe('pool_mode = transaction');
  const pooler = await startPgBouncer(inject('databaseUrl'), 'transaction', settings);
  const empty = await createEmptyStore();
  const store = openStore(pooler.url(empty.url), { max: 4 });
  try {
    expect((await migrate(store)).applied.length).toBeGreaterThan(10);
    await write(store, 'bombohr:1', '/ats/tags', [{ id: 'a' }], underWay('10:00:00'));
    expect((await readChanges(store, { after: '0', limit: 10 })).changes).toHaveLength(1);
    expect(store.isPooled()).toBe(true);
  } finally {
    await store.close();
  }
});
