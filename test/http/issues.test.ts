import { beforeAll, expect, test } from 'vitest';
import { statusListText } from '../../src/cli/status/list-text.ts';
import { statusOneText } from '../../src/cli/status/one-text.ts';
import { checkIssues } from '../../src/doctor/issues.ts';
import { createMetrics } from '../../src/http/monitoring/metrics.ts';
import { createSnapshotReader } from '../../src/http/monitoring/snapshot.ts';
import { showIntegration } from '../../src/operations/show-detail.ts';
import { showIntegrations } from '../../src/operations/show.ts';
import { saveIntegration } from '../../src/store/state/integrations.ts';
import { saveIssue } from '../../src/store/state/issues.ts';
import { remove } from '../../src/store/state/life.ts';
import { createTemporalLinks } from '../../src/temporal/ui.ts';
import { createTestStore, type TestStore } from '../support/database.ts';
import { startApi } from './api.ts';
import { pageReader } from './page-reader.ts';
import { testConfig } from './support.ts';

const HOUR = 3_600_000;
const ago = (hours: number) => new Date(Date.now() - hours * HOUR - 1_000).toISOString();
const LINK = 'Ask for **new** ones: [here](https://evil.example) <img src=x>';
const issue = (id: string, integrationId: string | null, more: object = {}) => ({
  id,
  integrationId,
  type: 'integration.authentication_failed',
  title: `Title of ${id}`,
  message: LINK,
  firstObservedAt: ago(2),
  resolvedAt: null as string | null,
  ...more,
});

let store: TestStore;
beforeAll(async () => {
  store = await createTestStore();
  for (const id of ['personio:1', 'personio:2', 'personio:3']) {
    await saveIntegration(store, { id, tool: 'personio', category: 'HRIS' });
  }
  await remove(store, 'personio:3', { code: 'Deleted', message: 'It was deleted.', at: new Date() });
  await saveIssue(store, issue('own', 'personio:1'));
  await saveIssue(store, issue('older', 'personio:1', { firstObservedAt: ago(5) }));
  await saveIssue(store, issue('all', null, { firstObservedAt: ago(9) }));
  await saveIssue(store, issue('resolved', 'personio:2', { resolvedAt: ago(1) }));
  await saveIssue(store, issue('removed', 'personio:3'));
});

const idsOf = ({ issues }: { issues: { id: string }[] }) => issues.map(({ id }) => id);

test('the API lists open issues page by page, of an integration and of the whole environment', async () => {
  const { call } = await startApi(store);
  const get = async (path: string) =>
    (await call('GET', path)).json<{ issues: { id: string }[]; next: string }>();
  const first = await get('/issues?limit=2');
  expect(first.issues[0]).toMatchObject({
    id: 'own',
    integrationId: 'personio:1',
    type: 'integration.authentication_failed',
    title: 'Title of own',
    message: LINK,
    firstObservedAt: expect.any(String) as string,
  });
  expect(idsOf(first)).toEqual(['own', 'older']);
  expect(idsOf(await get(`/issues?cursor=${first.next}`))).toEqual(['all']);
  expect(idsOf(await get('/issues?environment=true'))).toEqual(['all']);
  expect(idsOf(await get('/integrations'))).toEqual(['own', 'older', 'all']);
  expect(idsOf(await get('/integrations/personio%3A1'))).toEqual(['own', 'older']);
  expect(idsOf(await get('/integrations/personio%3A2'))).toEqual([]);
});

test('the status page shows issues as plain text, for an integration and for the whole environment', async () => {
  const read = await pageReader(store);
  const list = await read('/');
  expect(list.text).toMatch(/Open issues of the whole environment .*Title of all/);
  expect(list.text).toMatch(/Issue at Kombo: Title of own, since 2 h ago and 1 more/);
  expect(list.text).not.toMatch(/Title of (resolved|removed)/);
  const one = await read('/integrations/personio:1');
  expect(one.text).toMatch(/Open issues at Kombo .*Title of own .*Title of older/);
  for (const { body } of [list, one]) {
    expect(body).toContain('**new** ones: [here](https://evil.example) &lt;img src=x&gt;');
    expect(body).not.toMatch(/<img|href="https:\/\/evil/);
  }
});

test('the command status shows open issues', async () => {
  const deps = { config: testConfig(), store, links: createTemporalLinks(undefined) };
  const list = statusListText(await showIntegrations(deps, {}), { limit: 50 });
  expect(list).toMatch(/^personio:1 +issue at Kombo +2 h ago .*Title of own/m);
  expect(list).toMatch(/^all +issue at Kombo +9 h ago .*Title of all/m);
  const one = statusOneText(await showIntegration(deps, 'personio:1', () => Promise.resolve(undefined)));
  expect(one).toMatch(
    /^Issue at Kombo +Title of own \(integration\.authentication_failed\), since 2 h ago\. Ask/m,
  );
});

test('the doctor and the metric count open issues', async () => {
  expect(await checkIssues(store)).toMatchObject({
    status: 'warn',
    message: '3 open: Title of own (personio:1), Title of older (personio:1), Title of all (environment)',
  });
  const snapshot = await createSnapshotReader({ config: testConfig(), store })();
  expect((await createMetrics().render(snapshot)).body).toContain('\nkombo_sync_open_issues 3\n');
  expect(await checkIssues(await createTestStore())).toMatchObject({ status: 'ok' });
});
