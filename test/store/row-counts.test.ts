import { beforeEach, describe, expect, test } from 'vitest';
import { getEndpoint } from '../../src/domain/catalogue/index.ts';
import { recountRows } from '../../src/operations/recount.ts';
import { ALL_MODELS } from '../../src/domain/choice.ts';
import { transaction } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrate.ts';
import { commitPage } from '../../src/store/records/commit-page.ts';
import { eraseRecord } from '../../src/store/records/erase-records.ts';
import {
  countRows,
  readRowCounts,
  recount,
  sumRowCounts,
  type RowCount,
} from '../../src/store/records/row-counts.ts';
import { findCandidates } from '../../src/store/records/sweep.ts';
import { findOverview } from '../../src/store/reports/overview.ts';
import { expectedRecords } from '../../src/store/reports/progress.ts';
import { endpointStatuses } from '../../src/store/reports/status.ts';
import { saveIntegration, type Integration } from '../../src/store/state/integrations.ts';
import { createTestStore, waitsForLock } from '../support/database.ts';
import { wrongCounts } from '../support/row-counts.ts';
import { uniqueIntegrationId } from '../support/temporal.ts';
import { ask, makePage, open, PLAIN, readPass, sweep, write, type Sent } from './support.ts';

const TAGS = getEndpoint('/ats/tags');
const JOBS = getEndpoint('/ats/jobs');
const store = await createTestStore();
let id: string;
let integration: Integration;

beforeEach(async () => {
  id = uniqueIntegrationId();
  integration = await saveIntegration(store, { id, tool: 'demo', category: 'ATS' });
});

const full = (...pages: Sent[][]) => readPass(store, id, TAGS.path, 'full', pages);
const send = async (...records: Sent[]) => write(store, id, TAGS.path, records, await ask(store));
const count = async (table = 'ats_tags') => (await readRowCounts(store, id)).get(table);
const counted = async () => ({ ...(await count()), wrong: await wrongCounts(store, id) });
const limits = { maxShare: 1, allowMassDeletion: true };
const at = '2026-03-01T10:00:00.000Z';
const tombstone = (name: string, more = {}) => ({
  id: name,
  name,
  changed_at: at,
  remote_deleted_at: at,
  ...more,
});
const UNSTORABLE = '{"id":"bad","remote_id":1e200000}';
/** By your hand: the count does not notice. */
const byHand = (sql: string) => store.pool.query(sql, [id]);

describe('(I7) the count of rows moves with them', () => {
  test('when a page creates, deletes, restores, changes or only repeats them', async () => {
    await full([{ id: 'a' }, { id: 'b' }], [{ id: 'c' }, tombstone('d')]);
    expect(await counted()).toEqual({ live: 3, deleted: 1, wrong: [] });
    await send(tombstone('a'), { id: 'b', name: 'new' });
    expect(await counted()).toEqual({ live: 2, deleted: 2, wrong: [] });
    await send(
      { id: 'a', changed_at: '2026-03-01T11:00:00.000Z' },
      { id: 'd', changed_at: '2026-03-01T11:00:00.000Z' },
    );
    expect(await counted()).toEqual({ live: 4, deleted: 0, wrong: [] });
    await send({ id: 'b', name: 'new' });
    expect(await counted()).toEqual({ live: 4, deleted: 0, wrong: [] });
  });

  test('when Kombo empties a deleted record that was live, deleted or unknown here', async () => {
    await full([{ id: 'a', name: 'a' }, tombstone('b')]);
    const emptied = (name: string) => tombstone(name, { name: null, remote_data: {} });
    await send(emptied('a'), emptied('b'), emptied('c'));
    expect(await counted()).toEqual({ live: 0, deleted: 3, wrong: [] });
  });

  test('when a sweep deletes what is gone and writes what is not', async () => {
    await full([{ id: 'a' }, { id: 'b' }, { id: 'c' }]);
    await sweep(store, await full([{ id: 'a' }]), () => [{ id: 'b' }], limits);
    expect(await counted()).toEqual({ live: 2, deleted: 1, wrong: [] });
  });

  test('when you erase a record, live or deleted, once or twice', async () => {
    await full([{ id: 'a' }, tombstone('b'), { id: 'c' }]);
    for (const name of ['a', 'a', 'b', 'none']) await eraseRecord(store, id, TAGS, name);
    expect(await counted()).toEqual({ live: 1, deleted: 2, wrong: [] });
  });

  test('when a record of a page cannot be stored, and the page is written a second time', async () => {
    const pass = await open(store, id, TAGS.path, 'full');
    await commitPage(store, pass, makePage(TAGS.path, [{ id: 'a' }, UNSTORABLE, { id: 'c' }]), PLAIN);
    expect(await counted()).toEqual({ live: 2, deleted: 0, wrong: [] });
  });

  test('not when a page is refused, because its pass has moved on', async () => {
    const pass = await open(store, id, TAGS.path, 'full');
    const page = makePage(TAGS.path, [{ id: 'a' }]);
    await commitPage(store, pass, { ...page, next: 'x' }, PLAIN);
    const late = makePage(TAGS.path, [{ id: 'b' }]);
    await expect(commitPage(store, pass, late, PLAIN)).rejects.toMatchObject({ errorClass: 'PassLost' });
    expect(await counted()).toEqual({ live: 1, deleted: 0, wrong: [] });
  });

  test('however many write at once', async () => {
    const pages = Array.from({ length: 12 }, (_, page) =>
      Array.from({ length: 20 }, (_, n) =>
        n % 5 === 0 ? tombstone(`${page % 4} ${n}`) : { id: `${page % 4} ${n}` },
      ),
    );
    await Promise.all([
      ...pages.map((records) => send(...records)),
      ...pages.map(async (records) => write(store, id, JOBS.path, records, await ask(store))),
    ]);
    expect(await counted()).toEqual({ live: 64, deleted: 16, wrong: [] });
  });

  test('and the pages of other tables and integrations do not wait for it', async () => {
    const other = uniqueIntegrationId();
    await saveIntegration(store, { id: other, tool: 'demo', category: 'ATS' });
    await send({ id: 'a' });
    await transaction(store.pool, async (client) => {
      await client.query('select from kombo_sync.row_counts where integration_id = $1 for update', [id]);
      await write(store, id, JOBS.path, [{ id: 'a' }], await ask(store));
      await write(store, other, TAGS.path, [{ id: 'a' }], await ask(store));
    });
    expect(await counted()).toEqual({ live: 1, deleted: 0, wrong: [] });
    expect(await count('ats_jobs')).toEqual({ live: 1, deleted: 0 });
  });
});

describe('a full pass', () => {
  test('puts a wrong count right and says by how much', async () => {
    await full([{ id: 'a' }, { id: 'b' }, tombstone('c')]);
    await byHand(`delete from kombo.ats_tags where integration_id = $1 and id in ('a', 'c')`);
    const said: RowCount[] = [];
    const listed = await full([{ id: 'b' }]);
    await findCandidates(store, listed, limits, (by) => said.push(by));
    expect(said).toEqual([{ live: -1, deleted: -1 }]);
    expect(await counted()).toEqual({ live: 1, deleted: 0, wrong: [] });
    await findCandidates(store, await full([{ id: 'b' }]), limits, (by) => said.push(by));
    expect(said).toHaveLength(1);
  });

  test('finds a count right while a page is being written', async () => {
    await full([{ id: 'a' }]);
    const listed = await full([{ id: 'a' }]);
    const said: RowCount[] = [];
    await transaction(store.pool, async (client) => {
      // As a page does, which has written its rows and their count but has not been committed.
      await client.query(
        `insert into kombo.ats_tags (integration_id, id, raw, observed_at, asked_seq, arrived_seq) values ($1, 'b', '{}', now(), 0, 0)`,
        [id],
      );
      await client.query('update kombo_sync.row_counts set live = live + 1 where integration_id = $1', [id]);
      await findCandidates(store, listed, limits, (by) => said.push(by));
    });
    expect(said).toEqual([]);
    expect(await counted()).toEqual({ live: 2, deleted: 0, wrong: [] });
  });

  test('corrects a count that moves meanwhile, and two comparisons correct it once', async () => {
    await full([{ id: 'a' }, { id: 'b' }]);
    await byHand(`delete from kombo.ats_tags where integration_id = $1 and id = 'a'`);
    const both = await transaction(store.pool, async (client) => {
      await client.query('update kombo_sync.row_counts set live = live + 1 where integration_id = $1', [id]);
      await client.query(
        `insert into kombo.ats_tags (integration_id, id, raw, observed_at, asked_seq, arrived_seq) values ($1, 'c', '{}', now(), 0, 0)`,
        [id],
      );
      const waiting = Promise.all([recount(store, id, 'ats_tags'), recount(store, id, 'ats_tags')]);
      await waitsForLock(store, 2);
      return { waiting };
    });
    expect((await both.waiting).filter((by) => by !== null)).toEqual([{ live: -1, deleted: 0 }]);
    expect(await counted()).toEqual({ live: 2, deleted: 0, wrong: [] });
  });
});

describe('what is shown', () => {
  test('comes from the counts, without a look at the rows', async () => {
    await full([{ id: 'a' }, { id: 'b' }, tombstone('c')]);
    await store.pool.query('update kombo_sync.row_counts set live = 1000 where integration_id = $1', [id]);
    const shown = await endpointStatuses(store, id);
    expect(shown.find(({ table }) => table === 'ats_tags')).toMatchObject({ liveRows: 1000 });
    expect(shown.find(({ table }) => table === 'ats_jobs')).toMatchObject({ liveRows: 0 });
    const expected = await expectedRecords(store, integration, { settings: ALL_MODELS });
    expect(expected.get(TAGS.path)).toBe(1001);
    expect(expected.get(JOBS.path)).toBeNull();
    expect(await findOverview(store, id)).toMatchObject({ liveRows: 1000 });
    expect((await sumRowCounts(store)).live).toBeGreaterThanOrEqual(1000);
    expect(await countRows(store, id, [JOBS, TAGS])).toEqual([{ table: 'ats_tags', rows: 1001 }]);
  });
});

describe('setup', () => {
  const forget = () => byHand('delete from kombo_sync.row_counts where integration_id = $1');

  test('counts rows that have no count, and leaves the others alone', async () => {
    await full([{ id: 'a' }, tombstone('b')]);
    await forget();
    const other = uniqueIntegrationId();
    await write(store, other, TAGS.path, [{ id: 'a' }], await ask(store));
    await store.pool.query('update kombo_sync.row_counts set live = 7 where integration_id = $1', [other]);
    expect(await recountRows({ store, all: false })).toEqual({ compared: 1, corrected: 1 });
    expect(await counted()).toEqual({ live: 1, deleted: 1, wrong: [] });
    expect((await readRowCounts(store, other)).get('ats_tags')).toEqual({ live: 7, deleted: 0 });
    expect(await recountRows({ store, all: false })).toEqual({ compared: 0, corrected: 0 });
  });

  test('compares all counts when you ask for it, also those whose rows are gone', async () => {
    await full([{ id: 'a' }]);
    await byHand('delete from kombo.ats_tags where integration_id = $1');
    const { compared, corrected } = await recountRows({ store, all: true });
    expect(compared).toBeGreaterThan(corrected);
    expect(await wrongCounts(store)).toEqual([]);
  });

  test('forgets the counts of a table that you have dropped', async () => {
    await full([{ id: 'a' }]);
    await store.pool.query('drop table kombo.ats_tags cascade');
    await migrate(store);
    expect(await count()).toBeUndefined();
    expect(await wrongCounts(store)).toEqual([]);
  });
});
