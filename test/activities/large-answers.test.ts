import { describe, expect, test } from 'vitest';
import { TableGate } from '../../activities/support/table-gate.ts';
import { SyncError } from '../../src/domain/errors.ts';
import { MAX_PAGE_SIZE, PAGE_BYTES } from '../../src/domain/page-size.ts';
import { MAX_PAGES } from '../../src/domain/retry.ts';
import type { KomboClient, KomboPage, PageQuery } from '../../src/kombo/client.ts';
import { createWorkbench, pass, readOnce, run } from './setup.ts';

const bench = await createWorkbench();

/** Kombo with jobs of this size each, which refuses answers of more than `maxBytes`. */
function komboOfLarge(records: { count: number; bytes: number }, maxBytes: number) {
  const asked: { at: number; size: number }[] = [];
  const fetchPage = (query: PageQuery): Promise<KomboPage> => {
    const { pageSize: size = MAX_PAGE_SIZE } = query;
    const from = Number(query.cursor ?? 0);
    asked.push({ at: from, size });
    const count = Math.min(size, records.count - from);
    const bytes = count * records.bytes;
    if (bytes > maxBytes) {
      return Promise.reject(new SyncError('AnswerTooLarge', 'Kombo answered /ats/jobs with too much.'));
    }
    const results = Array.from({ length: count }, (_, index) => ({ id: `large-${from + index}` }));
    const next = from + count < records.count ? String(from + count) : null;
    return Promise.resolve({ results, next, date: null, pauseMs: 0, bytes });
  };
  return { kombo: { ...bench.kombo, fetchPage } satisfies KomboClient, asked };
}

describe('a page that is too large', () => {
  test('is asked for in smaller pages until all its records have arrived', async () => {
    const id = await bench.integration();
    const { kombo, asked } = komboOfLarge({ count: 300, bytes: 2 * 1024 * 1024 }, 64 * 1024 * 1024);
    const { syncEndpoint } = bench.activities({ kombo });
    expect(await run(syncEndpoint, pass(id))).toMatchObject({ state: 'completed', counts: { created: 300 } });
    expect(asked.slice(0, 3).map(({ size }) => size)).toEqual([250, 62, 15]);
    // After that, a page takes little memory.
    expect(Math.max(...asked.slice(3).map(({ size }) => size))).toBe(4);
  });

  test('with one record is a visible failure that needs attention; the pass resumes there', async () => {
    const id = await bench.integration();
    const { kombo, asked } = komboOfLarge({ count: 3, bytes: PAGE_BYTES }, PAGE_BYTES - 1);
    const { syncEndpoint } = bench.activities({ kombo });
    expect(await run(syncEndpoint, pass(id))).toMatchObject({
      state: 'failed',
      reason: {
        code: 'AnswerTooLarge',
        message: expect.stringMatching(/too much\. Raise KOMBO_MAX_ANSWER/) as string,
      },
    });
    expect(asked.at(-1)).toEqual({ at: 0, size: 1 });
    expect(await bench.debts(id)).toMatchObject({
      delta: { failure: { errorClass: 'AnswerTooLarge', needsAttention: true } },
    });
  });

  test.each([
    ['a large page is written before the next one is asked for', PAGE_BYTES, 1],
    ['the next page is asked for while an ordinary one is written', 1_000, 2],
  ])('%s', async (_, bytes, expected) => {
    const id = await bench.integration();
    const { kombo, asked } = komboOfLarge({ count: 2 * MAX_PAGE_SIZE, bytes: bytes / 100 }, Infinity);
    const askedMeanwhile: number[] = [];
    class WatchedGate extends TableGate {
      override write<T>(table: string, write: () => Promise<T>): Promise<T> {
        return super.write(table, async () => {
          const written = await write();
          askedMeanwhile.push(asked.length);
          return written;
        });
      }
    }
    const { syncEndpoint } = bench.activities({ kombo, gate: new WatchedGate() });
    expect(await run(syncEndpoint, pass(id))).toMatchObject({ state: 'completed' });
    expect(askedMeanwhile[0]).toBe(expected);
  });
});

test('(I9) an endless listing whose cursors never repeat ends with an error', async () => {
  const id = await bench.integration();
  let asked = 0;
  const fetchPage = async (): Promise<KomboPage> => {
    asked += 1;
    // Pretend that as many pages were read as Kombo can have. Reading them would take hours.
    if (asked === 2) {
      await bench.store.pool.query('update kombo_sync.passes set pages = $1 where integration_id = $2', [
        MAX_PAGES,
        id,
      ]);
    }
    return { results: [], next: asked < 20 ? `${asked}` : null, date: null, pauseMs: 0, bytes: 2 };
  };
  const { syncEndpoint } = bench.activities({ kombo: { ...bench.kombo, fetchPage } });
  expect(await run(syncEndpoint, pass(id))).toMatchObject({
    state: 'failed',
    reason: { message: expect.stringMatching(/\/ats\/jobs has no end/) as string },
  });
  expect(asked).toBeLessThan(10);
});

describe('a sweep', () => {
  /** Jobs that a full listing lacks and a sweep asks about. */
  async function unlisted(count: number) {
    const id = await bench.integration({ records: { ats_jobs: count } });
    await readOnce(bench, id);
    const ids = bench.control.ids(id, 'ats_jobs');
    const listing = pass(id, { kind: 'full', allowMassDeletion: true });
    const answer = (results: unknown[], next: string | null = null): Promise<KomboPage> =>
      Promise.resolve({ results, next, date: null, pauseMs: 0, bytes: 1 });
    return { id, ids, listing, answer };
  }

  test('asks about fewer records at once if their answers are too large to hold', async () => {
    const { id, ids, listing, answer } = await unlisted(5);
    const asked: number[] = [];
    const name = 'x'.repeat(16 * 1024 * 1024);
    const fetchPage = (query: PageQuery) => {
      if (!query.ids) return answer([]);
      if (!query.cursor) asked.push(query.ids.length);
      const at = query.ids.indexOf(query.cursor ?? query.ids[0]!);
      return answer([{ id: query.ids[at], name }], query.ids[at + 1] ?? null);
    };
    const { syncEndpoint } = bench.activities({ kombo: { ...bench.kombo, fetchPage } });
    expect(await run(syncEndpoint, listing)).toMatchObject({ state: 'completed', sweep: { candidates: 5 } });
    expect(asked).toEqual([5, 3, 2]);
    expect(await bench.count(id, 'deleted_at is null')).toBe(ids.length);
  });

  test('(I9) ends with an error if its answer is endless, even if no cursor repeats', async () => {
    const { listing, answer } = await unlisted(1);
    let cursors = 0;
    const fetchPage = (query: PageQuery) => answer([], query.ids ? `${(cursors += 1)}` : null);
    const { syncEndpoint } = bench.activities({ kombo: { ...bench.kombo, fetchPage } });
    expect(await run(syncEndpoint, listing)).toMatchObject({
      state: 'failed',
      reason: { message: expect.stringMatching(/\/ats\/jobs has no end/) as string },
    });
    expect(cursors).toBeLessThanOrEqual(1_000);
  });
});
