import { expect, test } from 'vitest';
import { nextTry } from '../../src/cli/support/integration-text.ts';
import { statusListText } from '../../src/cli/status/list-text.ts';
import { statusOneText } from '../../src/cli/status/one-text.ts';
import { LOOK_UP } from '../../src/domain/reads.ts';
import { owe } from '../../src/store/state/debts.ts';
import { saveIntegration } from '../../src/store/state/integrations.ts';
import { showIntegration } from '../../src/operations/show-detail.ts';
import { showIntegrations } from '../../src/operations/show.ts';
import { createTemporalLinks } from '../../src/temporal/ui.ts';
import { pausePass, pauseSweep } from '../../src/store/state/pass-life.ts';
import { pageReader } from '../http/page-reader.ts';
import { testConfig } from '../http/support.ts';
import { open } from '../store/support.ts';
import { createTestStore, type TestStore } from '../support/database.ts';
import { insertDebt } from '../support/debts.ts';

/** A status while Temporal does not answer. */
async function oneText(store: TestStore, id: string): Promise<string> {
  const deps = { config: testConfig(), store, links: createTemporalLinks(undefined) };
  return statusOneText(await showIntegration(deps, id, () => Promise.resolve(undefined)));
}

test('a status says when debts are read, including those of an endpoint that the tool does not offer', async () => {
  const store = await createTestStore();
  const id = 'demo:1';
  await saveIntegration(store, { id, tool: 'demo', category: 'ATS', unavailableModels: ['ats_jobs'] });
  await owe(store, id, [
    { endpoint: '/ats/jobs', kind: 'delta' },
    { endpoint: '/ats/offers', kind: 'delta' },
  ]);
  const text = await oneText(store, id);
  expect(text).toMatch(/^\/ats\/jobs .* a delta pass is due once the tool offers it$/m);
  expect(text).toMatch(/^\/ats\/offers .* a delta pass is due with the next sync$/m);
});

test('(I10) a status lists each failing kind of read, those that need attention first, and none that is not offered', async () => {
  const store = await createTestStore();
  const id = 'demo:1';
  await saveIntegration(store, { id, tool: 'demo', category: 'ATS' });
  const hour = 3_600_000;
  const failing = (message: string) => ({ message, failures: 2, since: new Date(Date.now() - hour) });
  const dueAt = new Date(Date.now() + 10.5 * 60_000);
  for (const row of [
    { endpoint: '/ats/jobs', kind: 'delta', dueAt, failure: failing('Away.') },
    {
      endpoint: '/ats/jobs',
      kind: 'full',
      dueAt,
      failure: { ...failing('Look!'), needsAttention: true, givenUp: true },
    },
    { endpoint: '/ats/jobs', kind: 'sweep', dueAt, failure: failing('Later.') },
    {
      endpoint: '/ats/offers',
      kind: 'delta',
      failure: { ...failing('Off.'), errorClass: 'EndpointDisabled' },
    },
    { endpoint: LOOK_UP, kind: 'look-up', dueAt, failure: failing('No answer.') },
  ] as const) {
    await insertDebt(store, id, row);
  }
  const one = await oneText(store, id);
  expect(one).toMatch(/^Not offered +\/ats\/offers$/m);
  expect(one).toMatch(/^\/ats\/offers +not offered .* Off\.$/m);
  const texts = [
    /^\/ats\/jobs +needs you /,
    /Look! The full pass is failing since 1 h ago, 2 tries\. The catch-up tries it too\. /,
    /Away\. The delta pass is failing since 1 h ago, 2 tries\. Next try: in 10 min\. /,
    /Later\. The sweep is failing since 1 h ago, 2 tries\. Next try: in 10 min\.$/,
  ];
  expect(one.split('\n').find((line) => line.startsWith('/ats/jobs '))).toMatch(
    new RegExp(texts.map(({ source }) => source).join('.*')),
  );
  const page = await showIntegrations({ config: testConfig(), store }, {});
  const list = statusListText(page, { limit: 100 });
  const rows = list.split('\n').filter((line) => line.startsWith(id));
  expect(rows.slice(1)).toMatchObject([
    expect.stringMatching(/ \/ats\/jobs \(full\) +1 h ago +2 +needs you +Look!$/),
    expect.stringMatching(/ \/ats\/jobs +1 h ago +2 +in 10 min +Away\.$/),
    expect.stringMatching(/ \/ats\/jobs \(sweep\) +1 h ago +2 +in 10 min +Later\.$/),
    expect.stringMatching(/ look-up +1 h ago +2 +in 10 min +No answer\.$/),
  ]);
});

test('the time of a next try is not shown if it is past, because no timer waits for it', () => {
  const now = new Date('2026-03-01T12:00:00Z');
  expect(nextTry(new Date('2026-03-01T12:05:00Z'), now)).toBe('in 5 min');
  for (const at of [null, now, new Date('2026-03-01T11:00:00Z')])
    expect(nextTry(at, now)).toBe('with the next sync');
});

test('(I10) a status says why a pass waits and until when, and shows a sweep that waits', async () => {
  const store = await createTestStore();
  const id = 'demo:1';
  await saveIntegration(store, { id, tool: 'demo', category: 'ATS' });
  const [waiting, sweeping] = [
    await open(store, id, '/ats/jobs', 'full'),
    await open(store, id, '/ats/offers', 'full'),
  ];
  const limit = { code: 'RateLimited', message: 'The limit is used up.' };
  await pausePass(store, waiting.id, 10.5 * 60_000, limit);
  await store.pool.query(
    `update kombo_sync.passes set state = 'completed', sweep_state = 'due', finished_at = now() where id = $1`,
    [sweeping.id],
  );
  await pauseSweep(store, sweeping.id, 20.5 * 60_000, limit);
  const text = await oneText(store, id);
  expect(text).toMatch(/^ {2}\/ats\/jobs \(full\): .*, continues in 10 min: The limit is used up\.$/m);
  expect(text).toMatch(/^ {2}\/ats\/offers \(full\): .*now asking Kombo.*, continues in 20 min: The limit/m);
  const page = await (await pageReader(store))(`/integrations/${id}`);
  expect(page.text).toMatch(/\/ats\/jobs 0 records, 0 pages, continues in 10 min: The limit is used up\./);
  expect(page.text).toMatch(/\/ats\/offers 0 records, 0 pages, continues in 20 min: The limit is used up\./);
});
