import type { Browser } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { enabledEndpoints } from '../../src/domain/catalogue/index.ts';
import type { Store } from '../../src/store/database.ts';
import { storeChoice } from '../../src/store/state/choice.ts';
import { saveIssue } from '../../src/store/state/issues.ts';
import { saveIntegration } from '../../src/store/state/integrations.ts';
import { testConfig } from '../http/support.ts';
import { createTestStore } from '../support/database.ts';
import { insertThree, type Three } from '../support/page-data.ts';
import { eventually } from '../support/poll.ts';
import { testTemporal } from '../support/temporal.ts';
import {
  CONFIG,
  expectSound,
  LOOKS,
  logIn,
  NARROW,
  openBrowser,
  overflow,
  picture,
  serve,
  take,
  ONE_LOOK,
  visit,
} from './support.ts';

let browser: Browser;
let empty: string;
/** The address of a server whose integration has names of any length and characters. */
let odd: string;
let url: string;
let ids: Three;

const ODD_ID = `workday:${'W'.repeat(180)}`;

beforeAll(async () => {
  const temporal = await testTemporal();
  const [none, one, three] = await Promise.all([createTestStore(), createTestStore(), createTestStore()]);
  [browser, ids] = await Promise.all([openBrowser(), insertThree(three, temporal.client, CONFIG)]);
  await insertIssues(three, ids.active);
  await storeChoice(
    three,
    ids.active,
    { excludeModels: ['hris_time*', 'hris_performance*', 'hris_staffing_entities'] },
    CONFIG,
  );
  const organizationName = `<img src=x onerror=alert(1)>${'Ä'.repeat(60)}`;
  await saveIntegration(one, { id: ODD_ID, tool: 'workday', category: 'HRIS', organizationName });
  empty = await serve(none, temporal);
  odd = await serve(one, temporal);
  url = await serve(three, temporal, { config: CHOOSING });
});

/** Settings that exclude something. */
const CHOOSING = testConfig({
  TEMPORAL_UI_URL: 'http://localhost:8233',
  EXCLUDE_FIELDS: 'hris_employees.ssn,hris_employees.bank_accounts,*.remote_data',
});

/** Inserts two open issues: one of an integration, and one of the whole environment. */
async function insertIssues(store: Store, integrationId: string): Promise<void> {
  const at = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString();
  await saveIssue(store, {
    id: 'issue-1',
    integrationId,
    type: 'AUTHENTICATION_EXPIRING',
    title: 'The API key expires in five days',
    message: 'Ask the customer to renew the key in Personio under Settings → API credentials.',
    firstObservedAt: at(20),
    resolvedAt: null,
  });
  await saveIssue(store, {
    id: 'issue-2',
    integrationId: null,
    type: 'WEBHOOK_DELIVERY',
    title: 'Webhooks of one endpoint are answered with 503',
    message: 'Three of the last hundred deliveries failed and were repeated.',
    firstObservedAt: at(3),
    resolvedAt: null,
  });
}

/** Addresses by what they show, and in which looks axe sees them. */
const PAGES: [string, () => string, typeof LOOKS][] = [
  ['the list', () => `${url}/?refresh=off`, LOOKS],
  ['a search', () => `${url}/?q=globex`, ONE_LOOK],
  ['nothing found', () => `${url}/?q=nobody`, ONE_LOOK],
  ['a list that refreshes itself', () => `${url}/`, ONE_LOOK],
  ['a list without integrations', () => `${empty}/`, ONE_LOOK],
  ['a list of long names', () => `${odd}/`, ONE_LOOK],
  ['an active integration', () => `${url}/integrations/${ids.active}`, LOOKS],
  ['a parked one', () => `${url}/integrations/${ids.parked}`, ONE_LOOK],
  ['a paused one', () => `${url}/integrations/${ids.paused}`, ONE_LOOK],
  ['one with long names', () => `${odd}/integrations/${ODD_ID}`, ONE_LOOK],
  ['an unknown one', () => `${url}/integrations/nobody`, ONE_LOOK],
  ['the cutover', () => `${url}/cutover`, LOOKS],
];

describe('no console error, no sideways scrolling and no finding of axe, on phones and desktops, light and dark', () => {
  test('the login', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(url);
    await expectSound({ page, complaints: [] });
    await page.getByLabel('Token').fill('wrong');
    await page.getByRole('button', { name: 'Show status' }).click();
    expect(await page.getByRole('alert').textContent()).toContain('not the token');
    await expectSound({ page, complaints: [] }, ONE_LOOK);
    await context.close();
  });

  test.each(PAGES)('%s', async (_name, address, looks) => {
    const visited = await visit(browser, address());
    expect(await visited.page.locator('h1').count()).toBe(1);
    await expectSound(visited, looks);
    await visited.close();
  });

  test('the API docs', async () => {
    const visited = await visit(browser, `${url}/`);
    await visited.page.goto(`${url}/api/docs`);
    await visited.page.getByText('kombo-sync admin API').first().waitFor();
    for (const look of LOOKS) {
      await take(visited.page, look);
      expect(await overflow(visited.page)).toBeLessThanOrEqual(0);
    }
    // Swagger UI tries to set a style that the policy forbids; it works without that.
    expect(visited.complaints.filter((complaint) => !complaint.startsWith('Applying inline style'))).toEqual(
      [],
    );
    await visited.close();
  });
});

test('everything works without JavaScript', async () => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${url}/integrations/${ids.parked}?refresh=off`);
  await logIn(page);
  expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Globex Corporation');
  expect(await page.getByRole('main').textContent()).toContain('connect it again');

  await page.getByRole('link', { name: 'All integrations' }).click();
  const list = page.getByRole('table', { name: 'Integrations' });
  expect(await list.getByRole('row').count()).toBe(4);
  await page.getByLabel('Name, id or tool').fill('acme');
  await page.getByRole('button', { name: 'Search' }).click();
  expect(await list.getByRole('row').count()).toBe(2);
  expect(await page.getByLabel('Name, id or tool').inputValue()).toBe('acme');
  expect(await page.getByRole('link', { name: 'Parked' }).textContent()).toContain('0');

  await page.getByRole('link', { name: 'Acme Robotics GmbH', exact: true }).click();
  const running = page.getByRole('table', { name: 'Running now' });
  expect(await running.textContent()).toContain('9,000');
  const endpoints = page.getByRole('table', { name: 'Endpoints' });
  expect(await endpoints.getByRole('row').count()).toBe(enabledEndpoints('HRIS').length + 1);
  expect(await page.getByRole('table', { name: 'Schedules' }).textContent()).toMatch(
    /weekly full sync.*in \d d/s,
  );

  await page.getByRole('link', { name: 'Cutover' }).click();
  expect(await page.getByRole('list', { name: 'Verdict' }).textContent()).toContain('Not safe');
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.getByLabel('Token').waitFor();
  await context.close();
});

test('a page refreshes until you stop it, keeps its scroll position, and does not refresh while you type', async () => {
  const { page, close } = await visit(browser, url, { viewport: NARROW });
  await page.getByRole('link', { name: 'Stop refreshing' }).click();
  await page.getByRole('searchbox').waitFor();
  expect(await page.locator('meta[http-equiv=refresh]').count()).toBe(0);
  await page.getByRole('link', { name: 'Refresh every 15 s' }).click();
  await page.getByRole('link', { name: 'Stop refreshing' }).waitFor();
  expect(await page.locator('meta[http-equiv=refresh]').getAttribute('content')).toBe('15');
  expect((await page.getByRole('textbox').count()) + (await page.getByRole('searchbox').count())).toBe(0);

  const address = `${url}/?status=active&q=o&refresh=5`;
  await page.goto(address);
  await page.evaluate('scrollTo(0, 300)');
  await page.evaluate('document.body.dataset.old = "yes"');
  await eventually(() => page.evaluate('document.body?.dataset.old !== "yes"'), { timeoutMs: 10_000 });
  await page.waitForLoadState();
  expect(page.url()).toBe(address);
  expect(await page.evaluate('scrollY')).toBe(300);
  expect(await page.getByRole('link', { name: 'Active' }).getAttribute('aria-current')).toBe('true');

  await page.getByRole('link', { name: 'Found by: o' }).click();
  expect(await page.locator('meta[http-equiv=refresh]').count()).toBe(0);
  expect(await page.getByLabel('Name, id or tool').inputValue()).toBe('o');
  await close();
});

test('the search box that you opened has the focus', async () => {
  const { page, close } = await visit(browser, url);
  await page.getByRole('link', { name: 'Search' }).click();
  await page.locator('input[type=search]:focus').waitFor();
  await page.keyboard.type('globex');
  await page.keyboard.press('Enter');
  await page.waitForURL(/q=globex/);
  expect(await page.getByRole('table', { name: 'Integrations' }).getByRole('row').count()).toBe(2);
  await close();
});

test('by keyboard, the content is one step away and the focus is visible', async () => {
  const { page, close } = await visit(browser, url);
  await page.keyboard.press('Tab');
  const skip = page.getByRole('link', { name: 'Skip to the content' });
  const box = await skip.boundingBox();
  expect(box!.x).toBeGreaterThanOrEqual(0);
  expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid');
  await page.keyboard.press('Enter');
  expect(await page.evaluate('document.activeElement.id')).toBe('content');
  await close();
});

test('pictures for the documentation', async () => {
  const desktop = await visit(browser, `${url}/?refresh=off`, { viewport: { width: 1180, height: 900 } });
  await picture(desktop.page, 'status-page.png');
  await desktop.page.goto(`${url}/integrations/${ids.active}`);
  await picture(desktop.page, 'integration-page.png', 1_240);
  await desktop.page.goto(`${url}/cutover`);
  await picture(desktop.page, 'cutover-page.png', 860);
  await desktop.close();
  const phone = await visit(browser, `${url}/?refresh=off`, {
    viewport: { width: 390, height: 1_280 },
    colorScheme: 'dark',
  });
  await picture(phone.page, 'status-page-phone.png');
  expect(phone.complaints).toEqual([]);
  await phone.close();
});
