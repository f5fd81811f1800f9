import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { SYSTEM_COLUMNS } from '../../src/store/records/data-tables.ts';
import { eraseSome } from '../../src/store/records/erase.ts';
import { eraseDeletedSome, findMentions } from '../../src/store/records/erase-records.ts';
import { openStore } from '../../src/store/database.ts';
import { migrate, pendingMigrations } from '../../src/store/migrate.ts';
import { undocumentedFields } from '../../src/store/reports/undocumented.ts';
import { oldestWatermarks } from '../../src/store/reports/freshness.ts';
import { findOverview } from '../../src/store/reports/overview.ts';
import { endpointStatuses } from '../../src/store/reports/status.ts';
import { forgetUnread, nextRetryMs, takeOverdue } from '../../src/store/state/due.ts';
import { noteFailure, owe, readDebts } from '../../src/store/state/debts.ts';
import { saveIntegration } from '../../src/store/state/integrations.ts';
import { remove } from '../../src/store/state/life.ts';
import { storedEndpoints } from '../../src/store/state/extra-endpoints.ts';
import { ALL_MODELS } from '../../src/domain/choice.ts';
import { getEndpoint } from '../../src/domain/catalogue/index.ts';
import { createTestStore } from '../support/database.ts';
import { createRole } from '../support/roles.ts';
import { grant, sees } from './access/support.ts';
import { readPass } from './support.ts';

const PATH = '/hris/brand-new';
const TABLE = 'hris_brand_new';
const EXTRA = [PATH];
const settings = (extra: readonly string[]) => ({ ...ALL_MODELS, EXTRA_ENDPOINTS: extra });

/** The same database, with the setting and without it. */
const without = await createTestStore();
const store = openStore(without.url, { max: 5, extraEndpoints: EXTRA });
afterAll(() => store.close());

describe('the table of an unknown endpoint', () => {
  test('is created once by migrate if the setting names it, and pending until then', async () => {
    expect(await pendingMigrations(without)).toEqual([]);
    expect(await pendingMigrations(store)).toEqual([`kombo.${TABLE}`, `kombo_live.${TABLE}`]);
    const both = await Promise.all([migrate(store), migrate(store)]);
    expect(both.flatMap(({ applied }) => applied)).toEqual([`kombo.${TABLE}`, `kombo_live.${TABLE}`]);
    expect(await pendingMigrations(store)).toEqual([]);
    const { rows } = await store.pool.query<{ name: string; indexes: string[] }>(
      `select array_agg(column_name::text order by ordinal_position) as columns,
         (select array_agg(indexname::text order by indexname) from pg_indexes where tablename = $1) as indexes
       from information_schema.columns where table_schema = 'kombo' and table_name = $1`,
      [TABLE],
    );
    expect(rows).toEqual([
      { columns: Object.keys(SYSTEM_COLUMNS), indexes: [`${TABLE}_erasable`, `${TABLE}_pkey`] },
    ]);
  });

  test('does not take over a table of yours', async () => {
    await store.pool.query('create table kombo.hris_mine (id text primary key)');
    const other = openStore(without.url, { max: 2, extraEndpoints: ['/hris/mine'] });
    await expect(migrate(other)).rejects.toThrow(/^kombo\.hris_mine was not made by kombo-sync/);
    await other.close();
    await store.pool.query('drop table kombo.hris_mine');
  });

  test('is created completely or not at all', async () => {
    await store.pool.query(
      `create function refuse() returns event_trigger language plpgsql as $$ begin raise exception 'no index'; end $$`,
    );
    await store.pool.query(
      `create event trigger refuse on ddl_command_start when tag in ('CREATE INDEX') execute function refuse()`,
    );
    const other = openStore(without.url, { max: 2, extraEndpoints: ['/hris/half-made'] });
    await expect(migrate(other)).rejects.toThrow('no index');
    await store.pool.query('drop event trigger refuse');
    expect(await pendingMigrations(other)).toEqual(['kombo.hris_half_made', 'kombo_live.hris_half_made']);
    expect((await storedEndpoints(other.pool)).map(({ path }) => path)).not.toContain('/hris/half-made');
    await migrate(other);
    expect((await storedEndpoints(other.pool)).map(({ path }) => path)).toContain('/hris/half-made');
    await other.close();
  });
});

describe('after the setting no longer names the endpoint', () => {
  let id = '';
  let integrations = 0;

  beforeEach(async () => {
    await migrate(store);
    id = `demo:${++integrations}`;
    await saveIntegration(store, { id, tool: 'demo', category: 'HRIS' });
    const old = new Date(0).toISOString();
    const records = [
      { id: 'a', boss_id: 'x' },
      { id: 'b', remote_deleted_at: old },
    ];
    await readPass(store, id, PATH, 'full', [records]);
  });

  test('its rows stay, and no migration is pending', async () => {
    expect(await pendingMigrations(without)).toEqual([]);
    expect((await migrate(without)).applied).toEqual([]);
    const paths = (await storedEndpoints(without.pool)).map(({ path }) => path);
    expect(paths).toContain(PATH);
    expect(await undocumentedFields(without, { integrationId: id, endpoint: PATH })).toEqual([
      { endpoint: PATH, field: 'boss_id', records: 1 },
    ]);
  });

  test('the status shows it only while the setting names it', async () => {
    const statuses = async (extra: string[]) =>
      (await endpointStatuses(without, id, settings(extra))).filter(({ endpoint }) => endpoint === PATH);
    expect(await statuses(EXTRA)).toMatchObject([{ liveRows: 1 }]);
    expect(await statuses([])).toEqual([]);
    for (const extra of [EXTRA, []]) {
      expect(await findOverview(without, id, settings(extra))).toMatchObject({ id });
      expect((await oldestWatermarks(without, settings(extra))).has('HRIS')).toBe(true);
    }
  });

  test('(I10) no timer waits for its debts, and they do not show as failing', async () => {
    await owe(store, id, [{ endpoint: PATH, kind: 'full' }]);
    const error = { errorClass: 'Unavailable', code: 'NETWORK', message: 'no' } as const;
    const failed = { integrationId: id, endpoint: PATH, kind: 'full', tryId: '1', error } as const;
    await noteFailure(store, failed, { firstMs: 60_000, maxMs: 60_000, giveUpMs: 3_600_000 });
    expect(await nextRetryMs(without, id, { settings: settings(EXTRA) })).toBeGreaterThan(0);
    expect(await nextRetryMs(without, id, { settings: settings([]) })).toBeNull();
    await forgetUnread(without, settings(EXTRA));
    expect((await readDebts(without, id)).get(PATH)?.full?.failure).not.toBeNull();
    await forgetUnread(without, settings([]));
    expect((await readDebts(without, id)).get(PATH)?.full?.failure).toBeNull();
    await store.pool.query(
      `update kombo_sync.debts set since = now() - interval '1 hour' where integration_id = $1`,
      [id],
    );
    expect(await takeOverdue(without, settings([]), 10)).toEqual([]);
    expect(await takeOverdue(without, settings(EXTRA), 10)).toEqual([id]);
  });

  test('its deleted records are erased after the time, and records that it mentions are found', async () => {
    let erased = 0;
    for (let rows = 1; rows > 0; erased += rows) rows = await eraseDeletedSome(without, 1000);
    expect(erased).toBeGreaterThanOrEqual(1);
    expect(await findMentions(without, id, getEndpoint('/hris/employees'), 'x')).toMatchObject([
      { table: TABLE, ids: ['a'] },
    ]);
  });

  test('(I21) everything of it is erased with the integration', async () => {
    await remove(without, id, { code: 'Deleted', message: 'It was deleted.', at: new Date() });
    while (await eraseSome(without, id));
    const { rows } = await store.pool.query(`select from kombo.${TABLE} where integration_id = $1`, [id]);
    expect(rows).toEqual([]);
  });
});

describe('a reader of it', () => {
  const count = (table: string) => `select count(*)::int from ${table}`;

  test('is limited as a tenant, even if the setting names the endpoint only later', async () => {
    const [mine, other] = ['tenant:1', 'tenant:2'];
    for (const id of [mine, other]) await saveIntegration(store, { id, tool: 'demo', category: 'HRIS' });
    await migrate(store);
    for (const id of [mine, other]) await readPass(store, id, PATH, 'full', [[{ id: `of ${id}` }]]);
    const role = await createRole(without);
    // A process without the setting grants it.
    const { tables } = await grant(without, role, { tenant: { integrationId: mine } });
    expect(tables).toContain(TABLE);
    expect(await sees(role, `select id from kombo.${TABLE}`)).toEqual([`of ${mine}`]);
    expect(await sees(role, `select id from kombo_live.${TABLE}`)).toEqual([`of ${mine}`]);
    const later = openStore(without.url, { max: 2, extraEndpoints: [PATH, '/hris/even-newer'] });
    const { applied } = await migrate(later);
    expect(applied).toContain('kombo.hris_even_newer (policies)');
    for (const id of [mine, other])
      await readPass(later, id, '/hris/even-newer', 'full', [[{ id: `of ${id}` }]]);
    expect(await sees(role, count('kombo.hris_even_newer'))).toMatch(/^permission denied/);
    await later.pool.query(`grant select on kombo.hris_even_newer to ${role.name}`);
    expect(await sees(role, count('kombo.hris_even_newer'))).toEqual([1]);
    await later.close();
  });
});
