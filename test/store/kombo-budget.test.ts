import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  freePlace,
  noteLimit,
  readKomboLimit,
  takePlace,
  takeRequest,
  type SaidLimit,
} from '../../src/store/state/kombo-budget.ts';
import { createTestStore } from '../support/database.ts';

const store = await createTestStore();

beforeEach(async () => {
  await store.pool.query('delete from kombo_sync.kombo_budget');
  await store.pool.query('delete from kombo_sync.kombo_requests');
});

const take = async (urgent: boolean, { perMinute, of = 'a' }: { perMinute?: number; of?: string } = {}) =>
  (await takeRequest(store, { integrationId: of, urgent, perMinute })).waitMs;
const say = (remaining: number, more: Partial<SaidLimit> = {}) =>
  noteLimit(store, { integrationId: 'a', limit: 100, remaining, resetMs: 60_000, taken: false, ...more });
/** Takes until one has to wait; returns how many were taken. */
async function takeAll(urgent: boolean, options?: { perMinute: number }): Promise<number> {
  for (let taken = 0; taken < 500; taken += 1) if ((await take(urgent, options)) > 0) return taken;
  throw new Error('There is no end.');
}
const age = (seconds: number) =>
  store.pool.query(
    `update kombo_sync.kombo_budget set window_ends_at = window_ends_at - $1 * interval '1 second',
       refilled_at = refilled_at - $1 * interval '1 second', next_probe_at = next_probe_at - $1 * interval '1 second',
       blocked_until = blocked_until - $1 * interval '1 second', refused_at = refused_at - $1 * interval '1 second',
       refused_until = refused_until - $1 * interval '1 second',
       refused_probe_at = refused_probe_at - $1 * interval '1 second',
       next_background_at = next_background_at - $1 * interval '1 second'`,
    [seconds],
  );

describe('by the headers', () => {
  test('nothing waits while nothing is known of a limit', async () => {
    expect(await takeAll(false).catch((error: Error) => error.message)).toBe('There is no end.');
  });

  test('nothing waits while more than half is left', async () => {
    await say(90);
    for (let times = 0; times < 39; times += 1) expect(await take(false)).toBe(0);
  });

  test('(I32) what is not urgent is spread over the rest of the window when half is left', async () => {
    await say(50);
    expect(await take(false)).toBe(0);
    const waitMs = await take(false);
    // Twenty-five are for urgent ones; the others have a minute.
    expect(waitMs).toBeGreaterThan(1_500);
    expect(waitMs).toBeLessThan(3_000);
    await age(3);
    expect(await take(false)).toBe(0);
  });

  test('(I32) the last quarter is for urgent requests, all of it', async () => {
    await say(25);
    expect(await take(false)).toBeGreaterThan(2_000);
    expect(await takeAll(true)).toBe(25 + 1);
  });

  test('(I31) what is under way counts though the answer does not know of it yet', async () => {
    await say(90);
    for (let times = 0; times < 10; times += 1) await take(true);
    await say(85, { taken: true });
    expect(await readKomboLimit(store)).toMatchObject({ countedBy: 'key', limit: 100, remaining: 76 });
  });

  test('a window that has ended takes its limit with it', async () => {
    await say(0);
    await age(61);
    expect(await take(false)).toBe(0);
    expect(await readKomboLimit(store)).toMatchObject({ limit: 100, remaining: null, windowEndsAt: null });
  });

  test('(I31) a request finds out each second whether it is still used up, and less often if it can wait', async () => {
    await say(20);
    await say(0, { blockedMs: 600_000 });
    expect(await readKomboLimit(store)).toMatchObject({ blockedUntil: expect.any(Date) as Date });
    expect(await take(true)).toBe(0);
    expect(await take(true)).toBeGreaterThan(500);
    await age(1.1);
    expect(await take(false)).toBeGreaterThan(2_000);
    expect(await take(true)).toBe(0);
    await age(5.1);
    expect(await take(false)).toBe(0);
    // It was another limit, or it is over.
    await say(99);
    expect(await take(false)).toBe(0);
    expect(await take(false)).toBe(0);
  });
});

describe('a refusal while Kombo seems to have much left', () => {
  const refuse = (of: string) => say(0, { integrationId: of, blockedMs: 60_000 });

  test('(I31, I32) holds for its integration alone, which finds out each second', async () => {
    await say(90);
    await refuse('a');
    expect(await readKomboLimit(store, 'a')).toMatchObject({ blockedUntil: expect.any(Date) as Date });
    expect(await readKomboLimit(store, 'b')).toMatchObject({ blockedUntil: null, remaining: 90 });
    expect(await take(true)).toBe(0);
    expect(
      await takeRequest(store, { integrationId: 'a', urgent: true, perMinute: undefined }),
    ).toMatchObject({
      alone: true,
      waitMs: expect.toSatisfy((ms: number) => ms > 500 && ms <= 1_000) as number,
    });
    for (let times = 0; times < 20; times += 1) expect(await take(false, { of: 'b' })).toBe(0);
    expect(await take(true)).toBeGreaterThan(500);
    await age(1.1);
    expect(await take(false)).toBeGreaterThan(2_000);
    expect(await take(true)).toBe(0);
    await say(60);
    for (let times = 0; times < 5; times += 1) expect(await take(true)).toBe(0);
  });

  test('(I31) holds for all when the next request of another one is refused too', async () => {
    await refuse('a');
    await refuse('b');
    expect(await take(true, { of: 'c' })).toBe(0);
    expect(await take(true, { of: 'c' })).toBeGreaterThan(500);
  });

  test.each([
    ['Kombo has taken a request since', () => say(90, { integrationId: 'c' })],
    ['the other one was a while ago', () => age(11)],
  ])('(I32) holds for the other one alone if %s', async (_when, happens) => {
    await refuse('a');
    await happens();
    await refuse('b');
    for (let times = 0; times < 3; times += 1) expect(await take(true, { of: 'c' })).toBe(0);
    expect(await take(true, { of: 'b' })).toBe(0);
    expect(await take(true, { of: 'b' })).toBeGreaterThan(500);
  });

  test('holds for as long as Kombo said', async () => {
    await refuse('a');
    expect(await take(true)).toBe(0);
    await age(61);
    for (let times = 0; times < 3; times += 1) expect(await take(false)).toBe(0);
  });
});

describe('Kombo counts by integration', () => {
  test('(I32) when another integration has more left in the same window, and then none waits for another', async () => {
    await say(80);
    await say(30);
    expect(await say(99, { integrationId: 'b' })).toBe(true);
    await say(1);
    await say(99, { integrationId: 'b' });
    expect(await take(false, { of: 'a' })).toBeGreaterThan(0);
    expect(await take(false, { of: 'b' })).toBe(0);
    expect(await readKomboLimit(store, 'a')).toMatchObject({ countedBy: 'integration', remaining: 1 });
    expect(await readKomboLimit(store, 'b')).toMatchObject({ countedBy: 'integration', remaining: 98 });
  });

  test('which is found out again after a day', async () => {
    await say(30);
    expect(await say(99, { integrationId: 'b' })).toBe(true);
    await store.pool.query(`update kombo_sync.kombo_budget set updated_at = now() - interval '25 hours'`);
    expect(await say(30)).toBe(false);
  });

  test('but not when the other one was refused, since that may be about one endpoint', async () => {
    await say(0, { blockedMs: 60_000 });
    expect(await say(99, { integrationId: 'b' })).toBe(false);
  });

  test.each([
    ['a new window has begun', { resetMs: 120_000 }],
    ['it is the same integration', { integrationId: 'a' }],
    ['the limit is another one', { limit: 400 }],
  ])('but not when %s', async (_why, more) => {
    await say(30);
    expect(await say(99, { integrationId: 'b', ...more })).toBe(false);
  });
});

describe('KOMBO_REQUESTS_PER_MINUTE', () => {
  const perMinute = 60;

  test('(I31) no minute has more than the rate', async () => {
    let taken = await takeAll(true, { perMinute });
    for (let second = 0; second < 59; second += 1) {
      await age(1);
      taken += await takeAll(true, { perMinute });
    }
    expect(taken).toBeGreaterThan(perMinute * 0.9);
    expect(taken).toBeLessThanOrEqual(perMinute + 1);
  });

  test('(I32) leaves some of what may be sent at once for urgent requests', async () => {
    const others = await takeAll(false, { perMinute });
    expect(others).toBeGreaterThan(0);
    expect(await takeAll(true, { perMinute })).toBeGreaterThanOrEqual(2);
  });

  test('(I31) holds for all integrations together, also when Kombo counts by integration', async () => {
    await say(80);
    await say(30);
    await say(99, { integrationId: 'b' });
    await takeAll(true, { perMinute });
    expect(await take(true, { perMinute, of: 'b' })).toBeGreaterThan(0);
  });
});

describe('KOMBO_CONCURRENCY', () => {
  const place = (urgent: boolean, id: string = randomUUID()) =>
    takePlace(store, { id, urgent, places: 4, forMs: 60_000 });

  test('(I31, I32) bounds what is under way, with a place that only urgent requests may take', async () => {
    const id = randomUUID();
    expect([await place(false, id), await place(false), await place(false)]).toEqual([true, true, true]);
    expect(await place(false)).toBe(false);
    expect([await place(true), await place(true)]).toEqual([true, false]);
    await freePlace(store, id);
    expect(await place(true)).toBe(true);
  });

  test('(I31) a place whose worker was killed is free after its time', async () => {
    for (let times = 0; times < 4; times += 1) await place(true);
    await store.pool.query(`update kombo_sync.kombo_requests set until = now() - interval '1 second'`);
    expect(await place(true)).toBe(true);
  });

  test('(I31) many at once take no more than there are', async () => {
    const taken = await Promise.all(Array.from({ length: 20 }, () => place(true)));
    expect(taken.filter(Boolean)).toHaveLength(4);
  });
});
