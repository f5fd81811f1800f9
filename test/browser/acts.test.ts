import type { Browser } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { findIntegration, saveIntegration } from '../../src/store/state/integrations.ts';
import { ensureSchedules } from '../../src/temporal/schedules.ts';
import { createTestStore, type TestStore } from '../support/database.ts';
import { testTemporal, uniqueIntegrationId } from '../support/temporal.ts';
import { CONFIG, expectSound, ONE_LOOK, openBrowser, serve, visit } from './support.ts';

let browser: Browser;
let store: TestStore;
let url: string;
const id = uniqueIntegrationId('personio');

beforeAll(async () => {
  const temporal = await testTemporal();
  store = await createTestStore();
  browser = await openBrowser();
  const organizationName = 'Acme Robotics GmbH';
  const saved = await saveIntegration(store, { id, tool: 'personio', category: 'HRIS', organizationName });
  await ensureSchedules(temporal.client, CONFIG, saved);
  url = await serve(store, temporal);
});

test('you pause and resume by forms, in a browser without scripts', async () => {
  const visited = await visit(browser, `${url}/`, { javaScriptEnabled: false });
  const { page } = visited;
  await page.goto(`${url}/integrations/${id}`);
  await page.getByRole('link', { name: 'Pause …' }).click();
  await page.getByRole('button', { name: 'Pause' }).click();
  // The browser asks for the reason itself, so nothing was sent.
  expect((await findIntegration(store, id))?.status).toBe('active');
  await page.getByLabel('Why').fill('The customer moves to another tool');
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByText('It is paused. What ran was cancelled').waitFor();
  expect(await findIntegration(store, id)).toMatchObject({
    status: 'paused',
    statusReason: 'The customer moves to another tool',
  });
  await page.getByRole('link', { name: 'Resume …' }).click();
  await page.getByRole('button', { name: 'Resume' }).click();
  await page.getByText('It goes on').waitFor();
  expect((await findIntegration(store, id))?.status).toBe('active');
  await visited.close();
});

test('the pages of acts fit every window and are accessible', async () => {
  const visited = await visit(browser, `${url}/integrations/${id}?did=cancel`);
  await expectSound(visited, ONE_LOOK);
  await visited.page.goto(`${url}/integrations/${id}/acts/pause`);
  await expectSound(visited, ONE_LOOK);
  expect(await visited.page.getByLabel('Why').count()).toBe(1);
  await visited.close();
});
