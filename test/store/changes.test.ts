import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import type pg from 'pg';
import { getEndpoint } from '../../src/domain/catalogue/index.ts';
import {
  CHANGES_CHANNEL,
  createChangeNotifier,
  followChanges,
  latestPosition,
  readChanges,
  type Change,
} from '../../src/store/feed.ts';
import { transaction } from '../../src/store/database.ts';
import { beginWrite } from '../../src/store/records/begin-write.ts';
import { writeRecords } from '../../src/store/records/write-records.ts';
import { createTestStore } from '../support/database.ts';
import { eventually } from '../support/poll.ts';
import { uniqueIntegrationId } from '../support/temporal.ts';
import { PLAIN, ask, makePage, write } from './support.ts';

const TAGS = '/ats/tags';
const store = await createTestStore();
let integration: string;
let start = '';

beforeEach(async () => {
  integration = uniqueIntegrationId();
  start = await latestPosition(store);
});

const send = async (id: string, to = integration, endpoint = TAGS) =>
  write(store, to, endpoint, [{ id }], await ask(store));
const read = async (after = start, limit = 1000) => readChanges(store, { after, limit });
const idsOf = (changes: readonly Change[]) => changes.map(({ id }) => id);

/** A writer whose transaction stays open until the test ends it. */
async function openWriter(to: string, id: string) {
  const client: pg.PoolClient = await store.pool.connect();
  await client.query('begin');
  const place = { integrationId: to, endpoint: getEndpoint(TAGS) };
  const asked = await ask(store);
  const arrivedSeq = await beginWrite(client, place);
  const target = { ...place, ...asked, arrivedSeq, driftBefore: null, passId: null };
  const put = async (ids: string[]) =>
    writeRecords(
      client,
      target,
      makePage(
        TAGS,
        ids.map((one) => ({ id: one })),
      ).storable,
      [],
      PLAIN,
      false,
    );
  await put([id]);
  return {
    put,
    end: async (how: 'commit' | 'rollback') => {
      await client.query(how);
      client.release();
    },
  };
}

describe('reading never skips a change that commits late', () => {
  test('a later change waits for an earlier one that is still open', async () => {
    const slow = await openWriter(`${integration}-slow`, 'low');
    await send('high');
    expect((await read()).changes).toEqual([]);
    await slow.end('commit');
    expect(idsOf((await read()).changes)).toEqual(['low', 'high']);
  });

  test('a change that is rolled back leaves a gap and blocks nothing', async () => {
    const slow = await openWriter(`${integration}-slow`, 'low');
    await send('high');
    await slow.end('rollback');
    expect(idsOf((await read()).changes)).toEqual(['high']);
  });

  test('the oldest of several writers determines the horizon', async () => {
    const writers = [
      await openWriter(`${integration}-1`, 'one'),
      await openWriter(`${integration}-2`, 'two'),
      await openWriter(`${integration}-3`, 'three'),
    ];
    await writers[1]!.end('commit');
    expect((await read()).changes).toEqual([]);
    await writers[0]!.end('commit');
    expect(idsOf((await read()).changes)).toEqual(['one', 'two']);
    await writers[2]!.end('commit');
    expect(idsOf((await read()).changes)).toEqual(['one', 'two', 'three']);
  });

  test('a writer that has announced itself and not written yet holds back later changes', async () => {
    const client = await store.pool.connect();
    await client.query('begin');
    await beginWrite(client, { integrationId: `${integration}-idle`, endpoint: getEndpoint(TAGS) });
    await send('high');
    expect((await read()).changes).toEqual([]);
    await client.query('commit');
    client.release();
    expect(idsOf((await read()).changes)).toEqual(['high']);
  });

  test('a reader with an older snapshot is refused, because it could skip a change', async () => {
    for (const isolation of ['repeatable read', 'serializable']) {
      const reading = transaction(store.pool, async (client) => {
        await client.query(`set transaction isolation level ${isolation}`);
        await client.query('select * from kombo_sync.read_changes(0)');
      });
      await expect(reading).rejects.toThrow('READ COMMITTED');
    }
  });

  test('property: with random concurrent writers, a reader that only moves forward misses nothing', async () => {
    let round = 0;
    const writer = fc.array(fc.record({ records: fc.integer({ min: 1, max: 3 }), commits: fc.boolean() }), {
      minLength: 1,
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(fc.array(writer, { minLength: 2, maxLength: 5 }), async (writers) => {
        const name = `${integration}-${++round}`;
        const written: string[] = [];
        let position = await latestPosition(store);
        const seen: Change[] = [];
        let working = true;
        const reader = (async () => {
          for (;;) {
            const last = !working;
            const batch = await read(position, 3);
            seen.push(...batch.changes.filter(({ integrationId }) => integrationId.startsWith(`${name}/`)));
            if (last && batch.position === position) return;
            position = batch.position;
          }
        })();
        await Promise.all(
          writers.map(async (transactions, index) => {
            for (const [number, { records, commits }] of transactions.entries()) {
              const ids = Array.from({ length: records }, (_, record) => `${index}.${number}.${record}`);
              const open = await openWriter(`${name}/${index}`, ids[0]!);
              if (records > 1) await open.put(ids.slice(1));
              await open.end(commits ? 'commit' : 'rollback');
              if (commits) written.push(...ids);
            }
          }),
        );
        working = false;
        await reader;
        expect(idsOf(seen).sort()).toEqual(written.sort());
        const order = seen.map(({ seq }) => Number(seq));
        expect(order).toEqual([...order].sort((a, b) => a - b));
      }),
      { numRuns: 25 },
    );
  });
});

describe('positions', () => {
  test('reading continues from the last one, in batches', async () => {
    for (const id of ['a', 'b', 'c']) await send(id);
    const first = await read(start, 2);
    expect(idsOf(first.changes)).toEqual(['a', 'b']);
    const second = await read(first.position, 2);
    expect(idsOf(second.changes)).toEqual(['c']);
    expect(await read(second.position)).toEqual({ changes: [], position: second.position });
  });

  test('filters move the position past the changes that they leave out', async () => {
    await send('a');
    await send('j', integration, '/ats/jobs');
    await send('x', `${integration}-other`);
    const onlyJobs = await readChanges(store, {
      after: start,
      limit: 10,
      integrationId: integration,
      table: 'ats_jobs',
    });
    expect(onlyJobs.changes).toMatchObject([{ id: 'j', tableName: 'ats_jobs', op: 'created' }]);
    expect((await read(onlyJobs.position)).changes).toEqual([]);
  });

  test('an unchanged record gets no entry', async () => {
    await send('a');
    await send('a');
    expect(idsOf((await read()).changes)).toEqual(['a']);
  });
});

describe('following', () => {
  test('a NOTIFY wakes the reader at once, long before it polls', async () => {
    const stop = new AbortController();
    const seen: Change[] = [];
    const began = performance.now();
    const following = (async () => {
      for await (const change of followChanges(store, { after: start, signal: stop.signal }))
        seen.push(change);
    })();
    const listening = async () => {
      const { rows } = await store.pool.query<{ n: number }>(
        `select count(*)::int as n from pg_stat_activity where datname = current_database() and state = 'idle'
         and query like '%read_changes%' or query = 'listen ${CHANGES_CHANNEL}'`,
      );
      return rows[0]!.n > 0;
    };
    await eventually(listening);
    await send('a');
    createChangeNotifier(store)();
    await eventually(() => seen.length === 1, { timeoutMs: 4_000 });
    expect(performance.now() - began).toBeLessThan(4_900);
    stop.abort();
    await following;
    expect(idsOf(seen)).toEqual(['a']);
  });

  test('it begins with existing changes, and ends when the signal aborts', async () => {
    await send('a');
    await send('b');
    const stop = new AbortController();
    const seen: string[] = [];
    for await (const change of followChanges(store, { after: start, signal: stop.signal })) {
      seen.push(change.id);
      if (seen.length === 2) stop.abort();
    }
    expect(seen).toEqual(['a', 'b']);
  });

  test('it continues at its position after its connection breaks', async () => {
    const stop = new AbortController();
    const seen: string[] = [];
    await send('a');
    const following = (async () => {
      for await (const change of followChanges(store, { after: start, signal: stop.signal }))
        seen.push(change.id);
    })();
    await eventually(() => seen.length === 1);
    const { rows } = await store.pool.query(
      `select pg_terminate_backend(pid, 5000) from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid()`,
    );
    expect(rows.length).toBeGreaterThan(0);
    await send('b');
    await eventually(() => seen.length === 2);
    stop.abort();
    await following;
    expect(seen).toEqual(['a', 'b']);
  });
});
