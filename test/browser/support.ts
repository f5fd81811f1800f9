import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pino } from 'pino';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { expect } from 'vitest';
import { defined } from '../../src/domain/defined.ts';
import type { HttpDeps } from '../../src/http/deps.ts';
import { startServer } from '../../src/http/server.ts';
import type { Store } from '../../src/store/database.ts';
import type { TemporalHandle } from '../../src/temporal/connect.ts';
import { ADMIN_TOKEN, testConfig } from '../http/support.ts';
import { afterFile } from '../support/after-file.ts';
import { launchChromium } from '../support/chromium.ts';

interface Look {
  width: number;
  height: number;
  colorScheme: 'light' | 'dark';
}

export const LOOKS: readonly Look[] = [
  { width: 390, height: 844, colorScheme: 'light' },
  { width: 390, height: 844, colorScheme: 'dark' },
  { width: 1280, height: 900, colorScheme: 'light' },
  { width: 1280, height: 900, colorScheme: 'dark' },
];

/** For pages that consist of parts of others. */
export const ONE_LOOK = LOOKS.slice(1, 2);

/** Small phones are this wide. */
export const NARROW = { width: 360, height: 740 };

export const CONFIG = testConfig({ TEMPORAL_UI_URL: 'http://localhost:8233' });

/** One Chromium for the file. */
export async function openBrowser(): Promise<Browser> {
  const browser = await launchChromium();
  afterFile(() => browser.close());
  return browser;
}

/** The real server on a port of its own. @returns its address. */
export async function serve(
  store: Store,
  temporal: TemporalHandle,
  more: Partial<HttpDeps> = {},
): Promise<string> {
  const log = pino({ level: 'silent' });
  const server = await startServer({ config: CONFIG, store, temporal, log, lagMs: () => 0, ...more });
  afterFile(() => server.close());
  return server.url;
}

export interface Visit {
  page: Page;
  /** What the page complained about on the console; the answers 401 and 404 are pages too. */
  complaints: string[];
  close: () => Promise<void>;
}

/** Cookies by server, so that one login is enough. */
const sessions = new Map<string, BrowserContextOptions['storageState']>();

/** A browser window of its own, logged in as you do: by the form, the first time. */
export async function visit(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Visit> {
  const { origin } = new URL(url);
  const storageState = sessions.get(origin);
  const context = await browser.newContext({ ...options, ...defined({ storageState }) });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() !== 'error' && message.type() !== 'warning') return;
    if (!/status of 40[14]/.test(message.text())) complaints.push(message.text());
  });
  await page.goto(url);
  if (!storageState) {
    await logIn(page);
    sessions.set(origin, await context.storageState());
  }
  return { page, complaints, close: () => context.close() };
}

export async function logIn(page: Page): Promise<void> {
  await page.getByLabel('Token').fill(ADMIN_TOKEN);
  await page.getByRole('button', { name: 'Show status' }).click();
  await page.getByRole('button', { name: 'Log out' }).waitFor();
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const WCAG = ['wcag2a', 'wcag2aa'];
/** Rules that do not depend on the look, for example the order of headings. They take axe long. */
const WCAG_AND_MORE = [...WCAG, 'wcag21a', 'wcag21aa', 'best-practice'];

/** What axe finds, as lines to read. */
async function violations(page: Page, tags: readonly string[]): Promise<string[]> {
  // A link on the page stops the refreshing, as WCAG 2.2.1 requires; axe cannot know that.
  const stoppable = (await page.getByRole('link', { name: 'Stop refreshing' }).count()) === 1;
  const rules = { 'meta-refresh': { enabled: !stoppable } };
  const options = {
    rules,
    preload: false,
    resultTypes: ['violations'],
    runOnly: { type: 'tag', values: tags },
  };
  // By the debugger, because the page's policy forbids scripts; in one step, because a page may refresh in between.
  return page.evaluate<string[]>(
    `window.axe || (() => { ${axe} })(); axe.run(document, ${JSON.stringify(options)}).then(({ violations }) =>
      violations.flatMap(({ id, nodes }) => nodes.map((node) => id + ': ' + node.html + ' ' + node.failureSummary)))`,
  );
}

/** By how many pixels the page is wider than the window. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');
}

/** Sets the size of the window, and light or dark colours. */
export async function take(page: Page, { width, height, colorScheme }: Look): Promise<void> {
  await page.setViewportSize({ width, height });
  await page.emulateMedia({ colorScheme });
}

/** Checks the page's console, its width in every look, and its accessibility in the given looks. */
export async function expectSound(
  { page, complaints }: Pick<Visit, 'page' | 'complaints'>,
  looks: readonly Look[] = LOOKS,
): Promise<void> {
  for (const look of [...LOOKS, { ...NARROW, colorScheme: 'light' } as const]) {
    await take(page, look);
    expect(await overflow(page), JSON.stringify(look)).toBeLessThanOrEqual(0);
  }
  for (const look of looks) {
    await take(page, look);
    const tags = look === looks[0] ? WCAG_AND_MORE : WCAG;
    expect(await violations(page, tags), JSON.stringify(look)).toEqual([]);
  }
  expect(complaints).toEqual([]);
}

/** Keeps a picture for the documentation: SCREENSHOTS=docs/images npx vitest run test/browser */
export async function picture(page: Page, name: string, height?: number): Promise<void> {
  const folder = process.env['SCREENSHOTS'];
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  const size = page.viewportSize();
  if (height !== undefined && size) await page.setViewportSize({ ...size, height });
  await page.screenshot({ path: path.join(folder, name) });
}
