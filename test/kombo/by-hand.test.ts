import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { loadConfig, type Config } from '../../src/config.ts';
import { checkKombo } from '../../src/doctor/kombo.ts';
import { komboByHand, type KomboByHand } from '../../src/operations/kombo-by-hand.ts';
import { patientLookUps } from '../../src/operations/patient-kombo.ts';
import { openStore } from '../../src/store/database.ts';
import { noteLimit, takeRequest } from '../../src/store/state/kombo-budget.ts';
import { createTestStore } from '../support/database.ts';

const store = await createTestStore();
const ID = 'demo:1';
let asked = 0;
let headers: Record<string, string> = {};
const FOUND = {
  id: ID,
  tool: { id: 'demo' },
  category: 'HRIS',
  status: 'ACTIVE',
  setup_status: 'COMPLETED',
  created_at: '2026-01-01T00:00:00.000Z',
  end_user: { organization_name: 'Acme' },
};
const server = createServer((_request, response) => {
  asked += 1;
  response.writeHead(200, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify({ status: 'success', data: FOUND }));
});
let baseUrl: string;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(async () => {
  asked = 0;
  headers = {};
  await store.pool.query('delete from kombo_sync.kombo_budget');
  await store.pool.query('delete from kombo_sync.kombo_requests');
});

const configOf = (more: Record<string, string> = {}): Config =>
  loadConfig({ KOMBO_API_KEY: 'key', KOMBO_API_URL: baseUrl, DATABASE_URL: store.url, ...more });
const byHand = (options = {}, more: Record<string, string> = {}): KomboByHand =>
  komboByHand(configOf(more), store, options)!;
const leave = (remaining: number) =>
  noteLimit(store, { integrationId: ID, limit: 100, remaining, resetMs: 60_000, taken: false });
const took = async (more = {}) =>
  takeRequest(store, { integrationId: ID, urgent: true, perMinute: undefined, ...more });
const budget = async () => {
  const { rows } = await store.pool.query(`select * from kombo_sync.kombo_budget where scope = ''`);
  return rows[0] as unknown;
};
/** What an answer with so many left leaves, after its own request was taken from the budget and given back. */
const lowered = (left: number) => ({ remaining: left - 1, in_flight: 0 });
const usedUp = { errorClass: 'RateLimited', what: expect.stringContaining('is used up') as string };

describe('what you ask of Kombo by hand', () => {
  test('takes its request from the budget of the workers, and notes what the answer says of it', async () => {
    await leave(90);
    headers = { 'ratelimit-limit': '100', 'ratelimit-remaining': '40', 'ratelimit-reset': '60' };
    const kombo = byHand();
    expect(await kombo.getIntegration(ID)).toMatchObject({ id: ID });
    await expect.poll(budget).toMatchObject(lowered(40));
    await kombo.checkApiKey();
    expect(asked).toBe(2);
    await expect.poll(budget).toMatchObject({ in_flight: 0, last_integration: '' });
  });

  test('may use the reserve, which one of many may not', async () => {
    await leave(20);
    const kombo = byHand({ patienceMs: 200 });
    await expect(kombo.getIntegration(ID, { bulk: true })).rejects.toMatchObject(usedUp);
    expect(asked).toBe(0);
    await kombo.getIntegration(ID);
    expect(asked).toBe(1);
  });

  test('waits for a bounded time, and then says when to try again', async () => {
    await leave(0);
    await took();
    const began = performance.now();
    await expect(byHand({ patienceMs: 300 }).getIntegration(ID)).rejects.toMatchObject({
      ...usedUp,
      remedyByHand: 'Try again when the limit allows.',
    });
    expect(performance.now() - began).toBeLessThan(1_000);
    expect(asked).toBe(0);
  });

  test('keeps to KOMBO_REQUESTS_PER_MINUTE and KOMBO_CONCURRENCY', async () => {
    const kombo = byHand({ patienceMs: 100 }, { KOMBO_REQUESTS_PER_MINUTE: '10', KOMBO_CONCURRENCY: '1' });
    await kombo.getIntegration(ID);
    await expect
      .poll(async () => (await store.pool.query('select from kombo_sync.kombo_requests')).rowCount)
      .toBe(0);
    await expect(kombo.getIntegration(ID)).rejects.toMatchObject(usedUp);
    expect(asked).toBe(1);
  });

  test('one of many waits for its turn and is asked in the end', async () => {
    const calls: object[] = [];
    const kombo: KomboByHand = {
      ...byHand(),
      getIntegration: (id, options) => {
        calls.push({ id, bulk: options?.bulk });
        return byHand().getIntegration(id, options);
      },
    };
    expect(await patientLookUps(kombo)(ID)).toMatchObject({ id: ID });
    expect(calls).toEqual([{ id: ID, bulk: true }]);
  });
});

describe('without Postgres', () => {
  const away = openStore('postgres://127.0.0.1:1/none');
  afterAll(() => away.close());

  test('Kombo is not asked, so that no command exceeds the limit unseen', async () => {
    await expect(komboByHand(configOf(), away)!.getIntegration(ID)).rejects.toThrow(/ECONNREFUSED/);
    expect(asked).toBe(0);
  });

  test('doctor asks Kombo all the same', async () => {
    const config = configOf({ DATABASE_URL: 'postgres://127.0.0.1:1/none' });
    expect((await checkKombo(config, 4_500))[0]).toMatchObject({ name: 'Kombo API', status: 'ok' });
    expect(asked).toBe(1);
  });
});

describe('doctor', () => {
  test('takes its request from the budget too', async () => {
    headers = { 'ratelimit-limit': '100', 'ratelimit-remaining': '30', 'ratelimit-reset': '60' };
    expect((await checkKombo(configOf(), 4_500))[0]).toMatchObject({ name: 'Kombo API', status: 'ok' });
    expect(await budget()).toMatchObject(lowered(30));
  });

  test('says in time that the limit is used up, which is no fault of the settings', async () => {
    await leave(0);
    for (const _ of Array.from({ length: 3 })) await took();
    await store.pool.query(
      `update kombo_sync.kombo_budget set next_probe_at = now() + interval '30 seconds'`,
    );
    const began = performance.now();
    expect(await checkKombo(configOf(), 4_500)).toEqual([
      {
        name: 'Kombo API',
        status: 'warn',
        message: expect.stringContaining('is used up') as string,
        remedy: expect.stringContaining('doctor') as string,
      },
    ]);
    expect(performance.now() - began).toBeLessThan(4_500);
    expect(asked).toBe(0);
  });
});
