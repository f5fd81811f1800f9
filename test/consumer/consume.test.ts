import { expect, test } from 'vitest';
import { nextStretch } from '../../src/consumer/feed.ts';
import { getEndpoint } from '../../src/domain/catalogue/index.ts';
import { eraseRecord } from '../../src/store/records/erase-records.ts';
import { createTestStore } from '../support/database.ts';
import { eventually } from '../support/poll.ts';
import {
  caughtUp,
  consume,
  consumerRow,
  INTEGRATION,
  makeTally,
  newName,
  tag,
  TAGS,
  tallyOf,
  writeTags,
} from './support.ts';

const store = await createTestStore();
await makeTally(store);
await store.pool.query(
  `insert into kombo_sync.integrations (id, tool, category, origin_id) values ($1, 'personio', 'ATS', 'customer 7')`,
  [INTEGRATION],
);

test('(I34) each change comes in order, with what has changed and the row as it is now', async () => {
  const running = consume(store, { from: 'now', tables: ['ats_tags'] });
  await eventually(async () => typeof (await consumerRow(store, running.name))?.['holder'] === 'string');
  await writeTags(store, [tag('a', 'one'), tag('b', 'one')]);
  await writeTags(store, [tag('a', 'two')]);
  await caughtUp(store, running.name);
  await running.stop();
  const { seen } = running;
  expect(seen.map(({ op, id, changedFields }) => [op, id, changedFields])).toEqual([
    ['created', 'a', null],
    ['created', 'b', null],
    ['updated', 'a', ['name']],
  ]);
  expect(seen.at(-1)).toMatchObject({
    integrationId: INTEGRATION,
    originId: 'customer 7',
    table: 'ats_tags',
    at: expect.any(Date) as Date,
    row: { id: 'a', name: 'two', deleted_at: null, raw: { name: 'two' } },
  });
  expect(seen.map(({ seq }) => seq)).toEqual(seen.map(({ seq }) => seq).toSorted((a, b) => a - b));
});

test('(I34) a row that was erased is null, and one that was deleted is still there', async () => {
  const running = consume(store, { from: 'now' });
  await eventually(async () => typeof (await consumerRow(store, running.name))?.['holder'] === 'string');
  await writeTags(store, [tag('gone', 'x'), tag('deleted', 'x')]);
  await caughtUp(store, running.name);
  await writeTags(store, [tag('deleted', 'x', { remote_deleted_at: '2026-01-01T00:00:00Z' })]);
  await eraseRecord(store, INTEGRATION, getEndpoint(TAGS), 'gone');
  await caughtUp(store, running.name);
  await running.stop();
  expect(running.seen.slice(2)).toMatchObject([
    { op: 'deleted', row: { id: 'deleted', deleted_at: new Date('2026-01-01T00:00:00Z') } },
    { op: 'erased', id: 'gone', row: null },
  ]);
});

test('only the tables that are asked for come, and the position passes the others', async () => {
  await writeTags(store, [tag('c', 'x')]);
  const running = consume(store, { tables: ['ats_jobs'] });
  await caughtUp(store, running.name);
  await running.stop();
  expect(running.seen).toEqual([]);
});

test('(I33) an effect and the position are one: what fails half-way leaves neither, and is done once in the end', async () => {
  await writeTags(
    store,
    Array.from({ length: 40 }, (_, index) => tag(`once ${index}`, 'x')),
  );
  let failures = 1;
  const name = newName();
  const failed: number[] = [];
  const running = consume(store, {
    consumer: name,
    batch: 16,
    async handle({ changes, tx }) {
      await tallyOf(name)(tx, changes);
      if (changes.some(({ id }) => id === 'once 20') && (changes.length > 1 || failures-- > 0))
        throw new Error('no luck yet');
    },
    onError({ change, attempt }) {
      failed.push(attempt);
      expect(change?.id).toBe('once 20');
    },
  });
  await eventually(async () => (await consumerRow(store, name))?.['last_error'] === 'no luck yet');
  await caughtUp(store, name);
  await running.stop();
  const { rows } = await store.pool.query<{ id: string; times: number }>(
    'select id, count(*)::int as times from mine.tally where consumer = $1 group by id, seq',
    [name],
  );
  expect(rows.filter(({ id }) => id.startsWith('once'))).toHaveLength(40);
  expect(rows.filter(({ times }) => times !== 1)).toEqual([]);
  expect(failed).toEqual([1]);
  expect(await consumerRow(store, name)).toMatchObject({ last_error: null, holder: null });
});

test('(I34) a change that is skipped is kept with its error, and comes back when it is asked for', async () => {
  await writeTags(store, [tag('poison', 'x'), tag('after', 'x')]);
  let isMended = false;
  const running = consume(store, {
    handle({ changes }) {
      if (!isMended && changes.some(({ id }) => id === 'poison')) throw new Error('cannot digest');
    },
    onError: ({ change }) => (change ? 'skip' : 'retry'),
  });
  await caughtUp(store, running.name);
  expect(running.seen.map(({ id }) => id)).not.toContain('poison');
  expect(running.seen.map(({ id }) => id)).toContain('after');
  const failures = async () =>
    (
      await store.pool.query(
        'select id, error, tries from kombo_sync.consumer_failures where consumer = $1',
        [running.name],
      )
    ).rows;
  const askAgain = () =>
    store.pool.query('update kombo_sync.consumer_failures set retry_at = now() where consumer = $1', [
      running.name,
    ]);
  expect(await failures()).toEqual([{ id: 'poison', error: 'cannot digest', tries: 1 }]);
  await askAgain();
  await eventually(async () => ((await failures())[0] as { tries: number }).tries === 2);
  isMended = true;
  await askAgain();
  await eventually(async () => (await failures()).length === 0);
  await running.stop();
  expect(running.seen.at(-1)).toMatchObject({ id: 'poison', op: 'created', row: { name: 'x' } });
});

test('(I33) a handler that ends the transaction, or hides that a statement failed, has failed', async () => {
  for (const [statement, message] of [
    ['commit', /has ended the transaction/],
    ['select 1/0', /has failed, and the handler did not say so/],
  ] as const) {
    const running = consume(store, {
      batch: 1,
      handle: async ({ tx }) => void (await tx.query(statement).catch(() => {})),
      onError: () => 'stop',
    });
    await expect(running.ended).rejects.toMatchObject({ code: 'stopped', message });
    expect(await consumerRow(store, running.name)).toMatchObject({ seq: 0, holder: null });
  }
});

test('(I33) of several with one name one works; when it ends another takes over at once', async () => {
  const name = newName();
  const running = [
    consume(store, { consumer: name }),
    consume(store, { consumer: name }),
    consume(store, { consumer: name }),
  ];
  await caughtUp(store, name);
  const working = running.filter(({ seen }) => seen.length > 0);
  expect(working).toHaveLength(1);
  await working[0]!.stop();
  const rest = running.filter((one) => one !== working[0]);
  await writeTags(store, [tag('handed on', 'x')]);
  await caughtUp(store, name);
  expect(rest.flatMap(({ seen }) => seen.map(({ id }) => id))).toEqual(['handed on']);
  for (const one of rest) await one.stop();
});

test('(I33) a connection that is cut at any moment is made anew, and nothing is lost or done twice', async () => {
  const name = newName();
  const running = consume(store, {
    consumer: name,
    batch: 3,
    handle: ({ changes, tx }) => tallyOf(name)(tx, changes),
  });
  for (let cut = 0; cut < 6; cut += 1) {
    await writeTags(
      store,
      Array.from({ length: 10 }, (_, index) => tag(`cut ${index}`, `at ${cut}`)),
    );
    await store.pool.query('notify kombo_sync_changes');
    await store.pool.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where application_name like $1',
      [`kombo-sync consumer ${name}`],
    );
  }
  await caughtUp(store, name);
  await running.stop();
  const { rows } = await store.pool.query<{ seq: string }>('select seq from mine.tally where consumer = $1', [
    name,
  ]);
  const all = await store.pool.query<{ seq: string }>('select seq from kombo_sync.changes order by seq');
  expect(rows.map(({ seq }) => seq)).toEqual(all.rows.map(({ seq }) => seq));
}, 60_000);

test('(I34) one that is removed while it runs ends and says so, and one that comes too late says how to begin anew', async () => {
  const removed = consume(store);
  await caughtUp(store, removed.name);
  await store.pool.query('delete from kombo_sync.consumers where name = $1', [removed.name]);
  await expect(removed.ended).rejects.toMatchObject({
    code: 'removed',
    message: /was removed\. Start it again/,
  });
  const late = newName();
  await store.pool.query('insert into kombo_sync.consumers (name, seq) values ($1, -1)', [late]);
  await expect(consume(store, { consumer: late }).ended).rejects.toMatchObject({
    code: 'behind',
    message: /does not reach back to position -1\..*consumers reset .* --to beginning/,
  });
});

test('with until it ends when all of that is handled, and at once if that was handled before', async () => {
  await writeTags(store, [tag('until 1', 'x'), tag('until 2', 'x')]);
  const { rows } = await store.pool.query<{ until: number }>(
    'select max(seq)::int as until from kombo_sync.changes',
  );
  const { until } = rows[0]!;
  await writeTags(store, [tag('until 3', 'x')]);
  const first = consume(store, { batch: 7, until });
  await first.ended;
  expect(first.seen.filter(({ seq }) => seq <= until).at(-1)).toMatchObject({ seq: until, id: 'until 2' });
  expect(await consumerRow(store, first.name)).toMatchObject({ holder: null });
  const again = consume(store, { consumer: first.name, batch: 1, until: 1 });
  await again.ended;
  expect(again.seen.length).toBeLessThanOrEqual(1);
  // With rows to be handed over first, those come before the end.
  const fromBeginning = consume(store, { from: 'beginning', until });
  await fromBeginning.ended;
  expect(fromBeginning.seen.map(({ id }) => id)).toContain('until 3');
});

test('of many tables, a consumer of one looks through more and more of the feed, and through less once that pays', () => {
  expect(nextStretch(500, 500, 500)).toBe(500);
  expect(nextStretch(500, 500, 0)).toBe(1_000);
  expect(nextStretch(4_000, 500, 3)).toBe(5_000);
  expect(nextStretch(5_000, 500, 400)).toBe(5_000);
  expect(nextStretch(5_000, 500, 500)).toBe(2_500);
});

test('options that cannot be are refused with an example', async () => {
  for (const wrong of [
    { consumer: '' },
    { batch: 0 },
    { tables: [] },
    { from: -1 },
    { until: 0.5 },
    { connectionString: undefined },
  ]) {
    await expect(consume(store, wrong as object).ended).rejects.toBeInstanceOf(TypeError);
  }
});
