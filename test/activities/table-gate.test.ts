import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { TableGate } from '../../activities/support/table-gate.ts';
import { commitPage } from '../../src/store/records/commit-page.ts';
import { transaction } from '../../src/store/database.ts';
import { makePage, open, PLAIN } from '../store/support.ts';
import { createTestStore } from '../support/database.ts';

const TAGS = 'kombo.ats_tags';
const JOBS = 'kombo.ats_jobs';
const AT_ONCE = 8;
const CLOSED = { errorClass: 'TableLocked', message: expect.stringContaining(TAGS) as string };

/** Postgres' error if a lock is not free in time. */
const locked = () => Promise.reject(Object.assign(new Error('canceling statement'), { code: '55P03' }));

let gate: TableGate;

beforeEach(() => {
  gate = new TableGate();
});
afterEach(() => vi.useRealTimers());

/** A write that runs until the test ends it. */
function slow(table = TAGS) {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const state = { begun: false };
  const done = gate.write(table, () => {
    state.begun = true;
    return promise;
  });
  done.catch(() => {});
  return { state, done, end: () => resolve('written'), fail: reject };
}
const settle = () => new Promise((resolve) => setImmediate(resolve));
const begun = (writes: readonly ReturnType<typeof slow>[]) =>
  writes.filter(({ state }) => state.begun).length;

describe('(I26) the gate of a table', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));

  test('lets a write through, and returns its result or its error', async () => {
    expect(await gate.write(TAGS, () => Promise.resolve(42))).toBe(42);
    const broken = gate.write(TAGS, () => Promise.reject(new Error('no')));
    await expect(broken).rejects.toThrow('no');
    expect(await gate.write(TAGS, () => Promise.resolve(42))).toBe(42);
  });

  test('lets eight writes run at once, and the next one in order when one of them ends', async () => {
    const writes = Array.from({ length: AT_ONCE + 3 }, () => slow());
    await settle();
    expect(begun(writes)).toBe(AT_ONCE);
    writes[3]!.end();
    expect(await writes[3]!.done).toBe('written');
    await settle();
    expect(writes.map(({ state }) => state.begun)).toEqual([
      ...Array<boolean>(AT_ONCE + 1).fill(true),
      false,
      false,
    ]);
    writes[5]!.fail(new Error('no'));
    await settle();
    expect(begun(writes)).toBe(AT_ONCE + 2);
    for (const write of writes) write.end();
    await Promise.allSettled(writes.map(({ done }) => done));
    const next = Array.from({ length: AT_ONCE + 1 }, () => slow());
    await settle();
    expect(begun(next)).toBe(AT_ONCE);
  });

  test('does not stop writes to other tables while one is full', async () => {
    const writes = Array.from({ length: AT_ONCE + 1 }, () => slow());
    await settle();
    expect(begun(writes)).toBe(AT_ONCE);
    expect(await gate.write(JOBS, () => Promise.resolve('free'))).toBe('free');
  });

  test('closes for five seconds after a write has met a lock, and says for how long', async () => {
    await expect(gate.write(TAGS, locked)).rejects.toMatchObject({ ...CLOSED, retryAfterMs: 5_000 });
    vi.advanceTimersByTime(4_000);
    const work = vi.fn<() => Promise<void>>(() => Promise.resolve());
    await expect(gate.write(TAGS, work)).rejects.toMatchObject({ ...CLOSED, retryAfterMs: 1_000 });
    expect(work).not.toHaveBeenCalled();
    expect(await gate.write(JOBS, () => Promise.resolve('free'))).toBe('free');
    vi.advanceTimersByTime(1_000);
    await gate.write(TAGS, work);
    expect(work).toHaveBeenCalledOnce();
  });

  test('refuses writes that wait when it closes, so that none of them takes a connection', async () => {
    const writes = Array.from({ length: AT_ONCE }, () => slow());
    const work = vi.fn<() => Promise<void>>(() => Promise.resolve());
    const waiting = Array.from({ length: 3 }, () => gate.write(TAGS, work));
    const results = Promise.allSettled(waiting);
    writes[0]!.fail(Object.assign(new Error('canceling statement'), { code: '55P03' }));
    expect(await results).toMatchObject(
      Array.from({ length: 3 }, () => ({ status: 'rejected', reason: CLOSED })),
    );
    expect(work).not.toHaveBeenCalled();
    // Writes under way end, and all places are free again.
    for (const write of writes) write.end();
    expect(await writes[1]!.done).toBe('written');
    vi.advanceTimersByTime(5_000);
    const next = Array.from({ length: AT_ONCE + 1 }, () => slow());
    await settle();
    expect(begun(next)).toBe(AT_ONCE);
  });

  test.each([['57014'], ['40P01'], ['23505'], [undefined]])(
    'stays open after another error: %s',
    async (code) => {
      const work = () => Promise.reject(Object.assign(new Error('no'), { code }));
      await expect(gate.write(TAGS, work)).rejects.toThrow('no');
      expect(await gate.write(TAGS, () => Promise.resolve('open'))).toBe('open');
    },
  );
});

test('(I26) other tables are written while another session has locked one', async () => {
  const store = await createTestStore();
  const write = async (integration: string, endpoint: string) => {
    const pass = await open(store, integration, endpoint, 'full');
    return gate.write(endpoint, () => commitPage(store, pass, makePage(endpoint, [{ id: 'a' }]), PLAIN));
  };
  await transaction(store.pool, async (client) => {
    await client.query('lock table kombo.ats_tags');
    // More writes than the pool has connections.
    const refused = Array.from({ length: 25 }, (_, index) => write(`demo:${index}`, '/ats/tags'));
    const all = Promise.allSettled(refused);
    const free = write('demo:free', '/ats/jobs').then(({ pass }) => pass.state);
    expect(await Promise.race([free, ...refused])).toBe('completed');
    const results = await all;
    const reason = { errorClass: 'TableLocked', code: 'TableLocked' };
    expect(results).toMatchObject(results.map(() => ({ status: 'rejected', reason })));
  });
});
