import { UNLIMITED } from '../../activities/support/request-budget.ts';
import { STORES_ALL } from '../../src/kombo/fields.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readPage } from '../../activities/support/read-page.ts';
import { CATALOGUE } from '../../src/domain/catalogue/index.ts';
import type { PassKind } from '../../src/domain/reads.ts';
import { commitPage } from '../../src/store/records/commit-page.ts';
import { drawObservation } from '../../src/store/state/observations.ts';
import { createTestStore, type TestStore } from '../support/database.ts';
import { PLAIN, databaseTime, feed, open, readRow, rowVersions } from '../store/support.ts';
import { createWorld, fewRecords, type World } from './support.ts';

let store: TestStore;
let world: World;
let integrations = 0;
let changes = 0;

beforeAll(async () => {
  store = await createTestStore();
  world = await createWorld(store, { pageSize: 2 });
});
afterAll(async () => world.close());

const changedAt = (record: unknown) => (record as { changed_at: string }).changed_at;

describe.each(CATALOGUE)('$path', (endpoint) => {
  const { path, table, delta } = endpoint;
  const showsChanges = delta === 'updated_after';
  /** It lists only open orders, so all of them are made open. */
  const onlyOpen = path === '/assessment/orders/open';
  const fields = onlyOpen ? { status: 'OPEN' } : {};
  let integration = '';

  beforeEach(() => {
    integration = `bombohr:${table}-${++integrations}`;
    world.onAnswer = () => {};
    control().addIntegration(fewRecords(endpoint, integration));
    if (onlyOpen) control().update(integration, table, ids(), fields);
  });

  const control = () => world.sandbox.control;
  const change = (changed: readonly string[]) =>
    control().update(
      integration,
      table,
      changed,
      onlyOpen ? { package_id: `package ${++changes}` } : undefined,
    );
  const sync = async (kind: PassKind) => world.sync(integration, path, kind);
  /** A delta, or a full pass if no delta would show the change. */
  const look = async () => sync(showsChanges ? 'delta' : 'full');
  const ids = () => control().ids(integration, table);
  const row = async (id: string) => readRow(store, integration, table, id);
  const rows = async () => {
    const { rows: found } = await store.pool.query<{ id: string; raw: unknown; deleted_at: Date | null }>(
      `select id, raw, deleted_at from kombo."${table}" where integration_id = $1`,
      [integration],
    );
    return new Map(found.map((one) => [one.id, one]));
  };
  /** What the API shows now, including tombstones if it has them. */
  const shown = async () => {
    const records = new Map<string, unknown>();
    let cursor: string | null = null;
    do {
      const page = await world.kombo.fetchPage({ integrationId: integration, endpoint: path, cursor });
      for (const record of page.results) records.set((record as { id: string }).id, record);
      cursor = page.next;
    } while (cursor !== null);
    return records;
  };
  const expectEqual = async () => {
    const kombo = await shown();
    const copy = await rows();
    for (const [id, record] of kombo) expect(copy.get(id)?.raw).toEqual(record);
    const live = [...copy.values()].filter((one) => one.deleted_at === null).map(({ id }) => id);
    const there = [...kombo].filter(
      ([, record]) => !(record as Record<string, unknown>)['remote_deleted_at'],
    );
    expect(live.sort()).toEqual(there.map(([id]) => id).sort());
  };

  test('a first pass brings every record, and the next passes write nothing', async () => {
    const first = await sync('delta');
    const { size } = await shown();
    expect(first).toMatchObject({
      state: 'completed',
      counts: { records: size, created: size, rejected: 0 },
      pass: { kind: 'delta', updated_after: null },
    });
    expect(first.counts.pages).toBe(endpoint.paginated ? Math.max(1, Math.ceil(size / 2)) : 1);
    await expectEqual();
    const before = {
      versions: await rowVersions(store, table),
      changes: (await feed(store, integration)).length,
    };
    await sync('delta');
    const again = await sync('full');
    expect(again.counts).toMatchObject({
      records: size,
      unchanged: size,
      created: 0,
      updated: 0,
      deleted: 0,
    });
    expect(await rowVersions(store, table)).toEqual(before.versions);
    expect(await feed(store, integration)).toHaveLength(before.changes);
  });

  test('the columns match raw, for every documented field', async () => {
    await sync('full');
    const checks = Object.entries({
      ...endpoint.fields,
      changed_at: 'timestamptz',
      remote_deleted_at: 'timestamptz',
    }).map(([field, type]) => {
      const said = type === 'jsonb' ? `nullif(raw->'${field}', 'null')` : `(raw->>'${field}')::${type}`;
      return `count(*) filter (where "${field}" is distinct from ${said})::int as "${field}"`;
    });
    const { rows: wrong } = await store.pool.query<Record<string, number>>(
      `select ${checks.join(', ')} from kombo."${table}" where integration_id = $1`,
      [integration],
    );
    expect(Object.entries(wrong[0]!).filter(([, count]) => count > 0)).toEqual([]);
  });

  test('a changed and a new record arrive', async () => {
    await sync('full');
    change(ids().slice(0, 2));
    const [created] = control().create(integration, table, { fields });
    const read = await look();
    expect(read.pass.updated_after === null).toBe(!showsChanges);
    await expectEqual();
    expect(await feed(store, integration)).toContain(`created ${created}`);
  });

  test('two records that changed in the same instant arrive on two pages', async () => {
    await sync('full');
    const changed = ids();
    change(changed);
    const read = await look();
    expect(read.counts.pages).toBe(endpoint.paginated ? Math.max(1, Math.ceil(changed.length / 2)) : 1);
    await expectEqual();
  });

  test('nested changes that a delta shows arrive, although changed_at stays', async () => {
    await sync('full');
    for (const [model, relation] of Object.entries(endpoint.models)) {
      if (relation !== 'delta') continue;
      const before = await rows();
      const holder = ids().find((id) => {
        try {
          control().updateNested(integration, table, id, model);
          return true;
        } catch (error) {
          if (error instanceof RangeError) return false;
          throw error;
        }
      });
      if (holder === undefined) continue;
      await sync('delta');
      const after = await row(holder);
      expect(after?.raw).toHaveProperty('changed_at', changedAt(before.get(holder)?.raw));
      await expectEqual();
    }
  });

  test('an answer from before a change, written after it, does not undo the change', async () => {
    await sync('full');
    const observedAt = await databaseTime(store);
    const { signal } = new AbortController();
    const query = {
      integrationId: integration,
      endpoint: path,
      signal,
      kind: 'delta' as const,
      urgent: false,
      patienceMs: 0,
    };
    const clock = { earliest: () => observedAt, latest: () => observedAt };
    const old = await readPage(
      { kombo: world.kombo, budget: UNLIMITED, fields: STORES_ALL },
      endpoint,
      query,
      clock,
      () => drawObservation(store),
    );
    change(ids());
    await look();
    const before = await rowVersions(store, table);
    const late = await open(store, integration, path, 'full');
    const { pass } = await commitPage(store, late, { ...old, next: null }, PLAIN);
    expect(pass).toMatchObject({ created: 0, updated: 0, deleted: 0, restored: 0 });
    expect(pass.stale + pass.unchanged).toBe(old.results);
    expect(await rowVersions(store, table)).toEqual(before);
  });

  test('records that change their place while they are listed are neither lost nor swept', async () => {
    await sync('full');
    const [first] = ids();
    const last = ids().at(-1)!;
    let answers = 0;
    world.onAnswer = (url) => {
      if (url.searchParams.has('ids') || ++answers > 1) return;
      control().move(integration, table, first!, 'last');
      control().move(integration, table, last, 'first');
    };
    const read = await sync('full');
    expect(read).toMatchObject({ state: 'completed', sweep: { state: 'done', deleted: 0 } });
    await expectEqual();
  });

  test('a record that is deleted is marked, and a sweep finds what vanished without a trace', async () => {
    await sync('full');
    const [gone, lost] = ids();
    control().tombstone(integration, table, gone!);
    await look();
    expect((await row(gone!))?.deleted_at).toBeInstanceOf(Date);
    control().vanish(integration, table, lost!);
    const read = await sync('full');
    expect(read).toMatchObject({ state: 'completed', sweep: { state: 'done', candidates: 1, deleted: 1 } });
    expect((await row(lost!))?.deleted_at).toBeInstanceOf(Date);
    expect((await row(lost!))?.raw).toMatchObject({ id: lost });
    await expectEqual();
  });

  test('a record that returns is undeleted', async () => {
    await sync('full');
    const [back] = ids();
    control().tombstone(integration, table, back!);
    await look();
    control().restore(integration, table, back!);
    await look();
    expect((await row(back!))?.deleted_at).toBeNull();
    expect((await feed(store, integration)).slice(-2)).toEqual([`deleted ${back}`, `restored ${back}`]);
    await expectEqual();
  });

  test('an emptied tombstone keeps the stored fields', async () => {
    await sync('full');
    const [gone] = ids();
    const known = (await row(gone!))?.raw;
    control().empty(integration, table, gone!);
    await look();
    const kept = await row(gone!);
    expect(kept?.deleted_at).toBeInstanceOf(Date);
    expect(kept?.raw).toEqual(known);
  });

  test('another integration with the same ids stays as it is', async () => {
    await sync('full');
    const other = `${integration}-other`;
    await store.pool.query(
      `insert into kombo."${table}" (integration_id, id, raw, observed_at, asked_seq, arrived_seq)
       select $2, id, '{"of":"another"}', observed_at, asked_seq, arrived_seq from kombo."${table}" where integration_id = $1`,
      [integration, other],
    );
    change(ids());
    const [lost] = ids();
    control().vanish(integration, table, lost!);
    await sync('full');
    const { rows: untouched } = await store.pool.query<{ id: string }>(
      `select id from kombo."${table}" where integration_id = $1 and raw = '{"of":"another"}' and deleted_at is null`,
      [other],
    );
    expect(untouched).toHaveLength((await rows()).size);
  });
});
