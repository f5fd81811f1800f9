import type { Browser, Page } from 'playwright-core';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { oldestWatermarks } from '../../src/store/reports/freshness.ts';
import { listOverview, readTotals } from '../../src/store/reports/overview.ts';
import type { TemporalHandle } from '../../src/temporal/connect.ts';
import { createTestStore, type TestStore } from '../support/database.ts';
import { insertMany, insertThree, type Three } from '../support/page-data.ts';
import { testTemporal } from '../support/temporal.ts';
import { CONFIG, expectSound, openBrowser, serve, ONE_LOOK, visit } from './support.ts';

const AMOUNT = 10_000;
/** Too short to notice on an idle machine; this one may be busy with other tests. */
const PROMPT_MS = 1_000;

let browser: Browser;
let store: TestStore;
let temporal: TemporalHandle;
let url: string;
let small: { store: TestStore; url: string };
let ids: Three;

beforeAll(async () => {
  temporal = await testTemporal();
  [browser, store] = await Promise.all([openBrowser(), createTestStore()]);
  small = { store: await createTestStore(), url: '' };
  await insertMany(small.store, 3);
  await insertMany(store, AMOUNT);
  ids = await insertThree(store, temporal.client, CONFIG);
  url = await serve(store, temporal);
  small.url = await serve(small.store, temporal);
}, 240_000);

const rows = (page: Page) => page.getByRole('table', { name: 'Integrations' }).getByRole('row');
const names = (page: Page) => page.locator('a.name').allTextContents();
const filter = (page: Page, name: string) =>
  page.getByRole('navigation', { name: 'Filter' }).getByRole('link', { name });

describe('10,000 integrations', () => {
  test('a page shows fifty, with totals and links to the others', async () => {
    const visited = await visit(browser, url);
    const { page } = visited;
    expect(await page.getByRole('main').textContent()).toContain('of 10,003 integrations active');
    expect(await rows(page).count()).toBe(51);
    await expectSound(visited, ONE_LOOK);
    const first = await names(page);
    await page.getByRole('link', { name: 'Next page' }).click();
    await page.waitForURL(/after=/);
    const second = await names(page);
    expect(second).toHaveLength(50);
    expect(new Set([...first, ...second]).size).toBe(100);
    await page.getByRole('link', { name: 'First page' }).click();
    await page.waitForURL((address) => !address.search.includes('after'));
    expect(await names(page)).toEqual(first);
    await visited.close();
  });

  test('filters count what they show, also within a search', async () => {
    const { page, close } = await visit(browser, url);
    await filter(page, 'Paused').click();
    await page.waitForURL(/status=paused/);
    const amount = /\d+/.exec((await filter(page, 'Paused').textContent())!)![0];
    expect(await rows(page).count()).toBe(Number(amount) + 1);
    await page.getByRole('link', { name: 'Search' }).click();
    await page.getByLabel('Name, id or tool').fill('company 99');
    await page.getByRole('button', { name: 'Search' }).click();
    await page.waitForURL(/q=company/);
    expect(await names(page)).toEqual(expect.arrayContaining(['Company 999', 'Company 9990']));
    await filter(page, 'Failing').click();
    await page.waitForURL(/failing=1/);
    const found = await names(page);
    expect(found.length).toBeGreaterThan(0);
    expect(found.every((name) => name.startsWith('Company 99'))).toBe(true);
    expect(await page.getByRole('table', { name: 'Integrations' }).textContent()).toContain('next try in');
    expect(await filter(page, 'Failing').textContent()).toContain(String(found.length));
    await close();
  });

  test('the next full sync comes from the schedules, if there are any', async () => {
    const { page, close } = await visit(browser, `${url}/?q=acme`);
    expect(await rows(page).nth(1).textContent()).toMatch(/next in \d+ [dh]/);
    await page.goto(`${url}/?q=company+1`);
    expect(await rows(page).nth(1).textContent()).toContain('no schedule');
    await close();
  });

  test('the cutover lists integrations that are not ready and counts the rest', async () => {
    const visited = await visit(browser, url);
    await visited.page.goto(`${url}/cutover`);
    const main = visited.page.getByRole('main');
    expect(await main.textContent()).toContain('LEGACY_WEBHOOKS');
    expect(await main.getByRole('row').count()).toBe(101);
    await visited.close();
  });

  test('a page is fast, and asks Postgres and Temporal no more often than a page of three', async () => {
    const cost = async (page: Page, address: string, from: TestStore) => {
      let queries = 0;
      const count = () => (queries += 1);
      from.pool.on('acquire', count);
      const listed = vi.spyOn(temporal.client.workflowService, 'listSchedules');
      const startedAt = performance.now();
      expect((await page.request.get(address)).status()).toBe(200);
      const ms = performance.now() - startedAt;
      from.pool.off('acquire', count);
      const questions = listed.mock.calls.length;
      listed.mockRestore();
      return { queries, questions, ms };
    };
    const few = await visit(browser, small.url);
    const three = await cost(few.page, small.url, small.store);
    await few.close();
    expect(three.queries).toBeGreaterThan(2);
    expect(three.questions).toBe(1);
    const { page, close } = await visit(browser, `${url}/?q=acme`);
    for (const path of ['/', '/?failing=1', '/?status=parked', '/?after=hibob']) {
      const { ms, queries, questions } = await cost(page, `${url}${path}`, store);
      expect(ms, path).toBeLessThan(PROMPT_MS);
      expect(questions, path).toBe(1);
      expect(queries, path).toBeLessThanOrEqual(three.queries);
    }
    const { ms } = await cost(page, `${url}/integrations/${ids.active}`, store);
    expect(ms).toBeLessThan(PROMPT_MS);
    await close();
  });

  test('its statements and those of /metrics are fast', async () => {
    const timed = async (work: () => Promise<unknown>) => {
      const startedAt = performance.now();
      await work();
      return performance.now() - startedAt;
    };
    expect(await timed(() => listOverview(store, { limit: 50 }))).toBeLessThan(PROMPT_MS);
    expect(await timed(() => listOverview(store, { limit: 50, search: 'nobody' }))).toBeLessThan(PROMPT_MS);
    expect(await timed(() => readTotals(store))).toBeLessThan(PROMPT_MS);
    // Looks at each of 70,000 endpoints; a snapshot of it is kept for twenty times as long.
    expect(await timed(() => oldestWatermarks(store))).toBeLessThan(3 * PROMPT_MS);
  });
});
