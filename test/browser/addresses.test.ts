import type { Browser } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { createTestStore } from '../support/database.ts';
import { insertThree, type Three } from '../support/page-data.ts';
import { testTemporal } from '../support/temporal.ts';
import { testConfig } from '../http/support.ts';
import { CONFIG, logIn, openBrowser, serve, visit } from './support.ts';

let browser: Browser;
let ids: Three;
/** Below a path, and at the root. */
let below: string;
let root: string;

beforeAll(async () => {
  const [store, temporal] = await Promise.all([createTestStore(), testTemporal()]);
  [browser, ids] = await Promise.all([openBrowser(), insertThree(store, temporal.client, CONFIG)]);
  const config = testConfig({ PUBLIC_URL: 'http://example.com/kombo' });
  below = `${await serve(store, temporal, { config })}/kombo`;
  root = await serve(store, temporal);
});

test('below a path, every link leads to a page, and the API page loads all its parts', async () => {
  const { page, complaints, close } = await visit(browser, `${below}/?refresh=off`);
  const seen = new Set<string>();
  for (const start of [page.url(), `${below}/integrations/${ids.active}`, `${below}/cutover`]) {
    await page.goto(start);
    // As the browser resolves them.
    const links = await page.evaluate<string[]>('[...document.links].map((link) => link.href)');
    const own = links.filter((link) => link.startsWith(new URL(below).origin) && !link.includes('#'));
    for (const link of own) seen.add(link);
  }
  expect(seen.size).toBeGreaterThan(8);
  for (const address of seen) {
    expect(address).toContain(`${below}/`);
    expect((await page.request.get(address)).status(), address).toBe(200);
  }
  await page.goto(`${below}/api/docs`);
  await page.getByRole('heading', { name: 'kombo-sync admin API' }).waitFor();
  expect(page.url()).toBe(`${below}/api/docs/`);
  expect(await page.locator('.servers select').inputValue()).toBe('/kombo');
  // Swagger UI tries to set a style that the policy forbids; it works without that.
  expect(complaints.filter((complaint) => !complaint.startsWith('Applying inline style'))).toEqual([]);
  await close();
});

test.each<[string, () => string]>([
  ['below a path', () => `${below}/cutover`],
  // On such an address, no browser sends the site that a form came from.
  ['at a host name without TLS', () => root.replace('127.0.0.1', 'intranet.test') + '/cutover'],
])('%s, a login leads back to the page and a logout ends the session', async (_name, address) => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(address());
  await logIn(page);
  expect(page.url()).toBe(address());
  const [session] = await context.cookies();
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.getByLabel('Token').waitFor();
  expect(await context.cookies()).toEqual([]);
  const headers = { cookie: `${session!.name}=${session!.value}` };
  expect((await fetch(address().replace('intranet.test', '127.0.0.1'), { headers })).status).toBe(401);
  await context.close();
});
