import { setTimeout as delay } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  createRequestBudget,
  type Admitted,
  type RequestBudget,
} from '../../activities/support/request-budget.ts';
import type { BudgetRequest } from '../../activities/support/request-line.ts';
import { createTestStore } from '../support/database.ts';

const store = await createTestStore();
const LIMITS = { limit: 100, remaining: 99, resetMs: 60_000 };

beforeEach(async () => {
  await store.pool.query('delete from kombo_sync.kombo_budget');
  await store.pool.query('delete from kombo_sync.kombo_requests');
});

const ask = (more: Partial<BudgetRequest> = {}): BudgetRequest => ({
  integrationId: 'a',
  kind: 'full',
  urgent: false,
  patienceMs: 10_000,
  signal: new AbortController().signal,
  ...more,
});
const key = async () => {
  const { rows } = await store.pool.query<{ in_flight: number; remaining: number }>(
    `select in_flight, remaining from kombo_sync.kombo_budget where scope = ''`,
  );
  return rows[0];
};
const refused = async () => {
  const { rows } = await store.pool.query<{ id: string | null }>(
    `select refused_integration as id from kombo_sync.kombo_budget where scope = ''`,
  );
  return rows[0]?.id;
};
/** Sends requests, which are answered at once, until one may not be sent; returns how many were. */
async function send(budget: RequestBudget, request: BudgetRequest, most = 200): Promise<number> {
  for (let sent = 0; sent < most; sent += 1) {
    try {
      using _ = await budget.admit(request);
    } catch {
      return sent;
    }
  }
  return most;
}
const order = async (budget: RequestBudget, asked: [name: string, request: BudgetRequest][]) => {
  const sent: string[] = [];
  await Promise.all(
    asked.map(async ([name, request]) => {
      using _ = await budget.admit(request);
      sent.push(name);
    }),
  );
  return sent;
};

describe('requests wait for no one', () => {
  test('and ask Postgres nothing while Kombo has most of its limit left', async () => {
    const budget = createRequestBudget({ store });
    budget.note('a', LIMITS);
    const { waited } = await budget.admit(ask());
    expect(waited).toBe(false);
    expect(await key()).toBeUndefined();
  });

  test('except that the first one looks at what other workers know', async () => {
    const others = createRequestBudget({ store });
    others.note('a', { ...LIMITS, remaining: 10 });
    await expect.poll(key).toMatchObject({ remaining: 10 });
    const budget = createRequestBudget({ store });
    await expect(budget.admit(ask({ patienceMs: 100 }))).rejects.toMatchObject({ errorClass: 'RateLimited' });
  });
});

describe('what all workers share', () => {
  test('(I31) is enough for no more requests than Kombo allows, however many workers ask', async () => {
    const budgets = [1, 2, 3].map(() => createRequestBudget({ store }));
    for (const budget of budgets) budget.note('a', { ...LIMITS, remaining: 40 });
    await expect.poll(key).toMatchObject({ remaining: 40 });
    const urgent = ask({ urgent: true, patienceMs: 10 });
    const sent = await Promise.all(budgets.map((budget) => send(budget, urgent)));
    const sum = sent.reduce((total, count) => total + count, 0);
    expect(sum).toBeGreaterThanOrEqual(40);
    // One a second finds out whether it is used up.
    expect(sum).toBeLessThan(45);
  });

  test('(I32) a read that cannot wait so long is told when to come back', async () => {
    const budget = createRequestBudget({ store });
    budget.note('a', { ...LIMITS, remaining: 10 }, 0);
    await expect.poll(key).toMatchObject({ remaining: 10 });
    await expect(budget.admit(ask({ patienceMs: 1_000 }))).rejects.toMatchObject({
      errorClass: 'RateLimited',
      message: expect.stringContaining('all workers') as string,
      retryAfterMs: expect.any(Number) as number,
    });
  });

  test('(I32) urgent requests go first, and integrations in turn', async () => {
    const budget = createRequestBudget({ store, perMinute: 6_000, concurrency: 1 });
    const first = await budget.admit(ask({ urgent: true }));
    const sent = order(budget, [
      ['many 1', ask({ integrationId: 'many' })],
      ['many 2', ask({ integrationId: 'many' })],
      ['few', ask({ integrationId: 'few' })],
      ['urgent', ask({ urgent: true })],
    ]);
    await delay(200);
    first[Symbol.dispose]();
    expect(await sent).toEqual(['urgent', 'many 1', 'few', 'many 2']);
  });

  test('what is asked for and not wanted any more is given back', async () => {
    const budget = createRequestBudget({ store, concurrency: 1 });
    const first: Admitted = await budget.admit(ask());
    const leaving = new AbortController();
    const left = budget.admit(ask({ signal: leaving.signal }));
    leaving.abort(new Error('The activity is cancelled.'));
    await expect(left).rejects.toThrow('The activity is cancelled.');
    first[Symbol.dispose]();
    expect(await send(budget, ask(), 3)).toBe(3);
    await expect
      .poll(async () => (await store.pool.query('select from kombo_sync.kombo_requests')).rowCount)
      .toBe(0);
  });

  test('(I31) a refusal counts for all workers until Kombo takes requests again', async () => {
    const budgets = [1, 2].map(() => createRequestBudget({ store }));
    for (const budget of budgets) budget.note('a', LIMITS);
    budgets[0]!.note('b', { ...LIMITS, remaining: 0 }, 60_000);
    await expect.poll(refused).toBe('b');
    budgets[0]!.note('a', { ...LIMITS, remaining: 0 }, 60_000);
    await expect.poll(key).toMatchObject({ remaining: 0 });
    await expect(budgets[0]!.admit(ask({ patienceMs: 500 }))).rejects.toMatchObject({
      errorClass: 'RateLimited',
    });
    budgets[1]!.note('a', { ...LIMITS, remaining: 70 });
    await expect.poll(key).toMatchObject({ remaining: 70 });
    expect(await send(budgets[0]!, ask(), 3)).toBe(3);
  });

  test('(I31, I32) a refusal of one integration keeps no other one waiting, also with a rate of your own', async () => {
    const budget = createRequestBudget({ store, perMinute: 6_000 });
    budget.note('a', { ...LIMITS, remaining: 0 }, 60_000);
    await expect.poll(refused).toBe('a');
    // One finds out.
    using _ = await budget.admit(ask({ urgent: true }));
    const waiting = Promise.allSettled(
      [1, 2].map(() => budget.admit(ask({ urgent: true, patienceMs: 1_500 }))),
    );
    const others = ask({ integrationId: 'b', urgent: true, patienceMs: 100 });
    expect(await send(budget, others, 20)).toBe(20);
    expect(await waiting).toMatchObject([{ status: 'fulfilled' }, { reason: { errorClass: 'RateLimited' } }]);
    budget.note('a', LIMITS);
    await expect.poll(refused).toBe(null);
    expect(await send(budget, ask({ urgent: true, patienceMs: 100 }), 20)).toBe(20);
  });

  test('each wait is reported with its length', async () => {
    const waits: { kind: string; ms: number }[] = [];
    const budget = createRequestBudget({
      store,
      perMinute: 600,
      onWait: (wait) => waits.push(wait),
    });
    await Promise.all(Array.from({ length: 40 }, () => budget.admit(ask())));
    expect(waits).toHaveLength(40);
    expect(Math.max(...waits.map(({ ms }) => ms))).toBeGreaterThan(200);
    expect(waits.every(({ kind }) => kind === 'full')).toBe(true);
  });
});
