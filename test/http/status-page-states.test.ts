import { beforeAll, describe, expect, test } from 'vitest';
import { ALL_MODELS } from '../../src/domain/choice.ts';
import { recount } from '../../src/store/records/row-counts.ts';
import { storeChoice } from '../../src/store/state/choice.ts';
import { owe } from '../../src/store/state/debts.ts';
import { saveIntegration, type IntegrationInput } from '../../src/store/state/integrations.ts';
import { park, pause, remove } from '../../src/store/state/life.ts';
import { ensureSchedules } from '../../src/temporal/schedules.ts';
import { createTestStore, type TestStore } from '../support/database.ts';
import { insertPasses } from '../support/page-data.ts';
import { testTemporal, uniqueIntegrationId } from '../support/temporal.ts';
import { find, pageReader } from './page-reader.ts';
import { temporalAt, testConfig, type testApp } from './support.ts';
import { statesFromPasses } from '../support/states.ts';

let store: TestStore;
beforeAll(async () => {
  store = await createTestStore();
});

const reader = (overrides: Parameters<typeof testApp>[0] = {}) => pageReader(store, overrides);

const save = (more: Partial<IntegrationInput> & { id: string }) =>
  saveIntegration(store, { tool: 'personio', category: 'HRIS', ...more });

describe('a state is explained in words, with what to do', () => {
  const cases: [string, (id: string) => Promise<unknown>, RegExp][] = [
    ['credentials', (id) => parkAs(id, 'INVALID'), /refuses Kombo.{1,5}s credentials.*connect it again/],
    ['switched off', (id) => parkAs(id, 'INTEGRATION.INACTIVE'), /switched off in Kombo.*Switch it on/],
    ['first sync', (id) => parkAs(id, 'SETUP_SYNC_PENDING'), /first sync is running.*Nothing to do/],
    [
      'a code of next year',
      (id) => parkAs(id, 'INTEGRATION.NEW'),
      /As Kombo says.*Look at it in the Kombo dashboard/,
    ],
    [
      'a code that every object has',
      (id) => parkAs(id, 'constructor'),
      /As Kombo says.*Look at it in the Kombo/,
    ],
    ['paused', (id) => pause(store, id, 'Until Friday'), /Until Friday.*kombo-sync integrations resume/],
    ['deleted', (id) => removeAs(id, 'Deleted'), /was deleted in Kombo.*comes back by itself/],
    [
      'not known',
      (id) => removeAs(id, 'PLATFORM.INTEGRATION_NOT_FOUND'),
      /does not know it.*integrations add/,
    ],
    ['by hand', (id) => removeAs(id, 'RemovedByHand'), /As Kombo says/],
  ];
  const parkAs = (id: string, code: string) =>
    park(store, id, { code, message: 'As Kombo says', needsAttention: false, retryInMs: 0 });
  const removeAs = (id: string, code: string) =>
    remove(store, id, { code, message: 'As Kombo says', at: new Date() });

  test.each(cases)('%s', async (_name, become, words) => {
    const id = uniqueIntegrationId();
    await save({ id });
    await become(id);
    const read = await reader();
    expect((await read(find(id))).text).toMatch(words);
    expect((await read(`/integrations/${id}`)).text).toMatch(words);
  });

  test('endpoints that are not chosen: by which setting, since when, and that their rows stay', async () => {
    const id = uniqueIntegrationId();
    await save({ id });
    await insertPasses(store, { id, deltas: 1 });
    await store.pool.query(
      `insert into kombo.hris_absences (integration_id, id, raw, observed_at, asked_seq, arrived_seq)
       values ($1, 'a', '{"id":"a"}', now(), 1, 1)`,
      [id],
    );
    await recount(store, id, 'hris_absences');
    await storeChoice(store, id, { excludeModels: ['hris_absences'] }, ALL_MODELS);
    const config = testConfig({ EXCLUDE_MODELS: 'hris_locations' });
    const { text } = await (await reader({ config }))(`/integrations/${id}`);
    expect(text).toMatch(/Excluded hris_absences/);
    expect(text).toMatch(/Not chosen \/hris\/locations ?, \/hris\/absences/);
    expect(text).toMatch(
      /\/hris\/absences kombo.hris_absences not chosen [^/]* its choice leaves it out, since [^/]*; its rows stay/,
    );
    expect(text).toMatch(
      /\/hris\/locations kombo.hris_locations not chosen [^/]* MODELS and EXCLUDE_MODELS leave it out/,
    );
  });

  test('an integration without a chosen endpoint is not called incomplete', async () => {
    const id = uniqueIntegrationId();
    await save({ id });
    const read = await reader({ config: testConfig({ MODELS: 'ats_*' }) });
    for (const page of [find(id), `/integrations/${id}`]) {
      expect((await read(page)).text).toMatch(/nothing is chosen to be read/);
    }
    expect((await (await reader())(find(id))).text).toMatch(/not complete yet/);
  });

  test('debts of an endpoint that the tool does not offer now', async () => {
    const id = uniqueIntegrationId();
    await save({ id, unavailableModels: ['hris_absences'] });
    const paths = ['/hris/absences', '/hris/locations'];
    await owe(
      store,
      id,
      paths.map((endpoint) => ({ endpoint, kind: 'delta' as const })),
    );
    const { text } = await (await reader())(`/integrations/${id}`);
    expect(text).toMatch(/\/hris\/absences [^/]* a delta is due once the tool offers it/);
    expect(text).toMatch(/\/hris\/locations [^/]* a delta is due with the next sync/);
  });

  test.each([
    ['a timer waits', false, 3_600_000, /Next look .{0,25}in (1 h|59 min|60 min)/],
    ['no timer waits any more', false, null, /Next look with the next webhook or scheduled sync/],
    ['you must act', true, 0, /Next look with the next webhook or scheduled sync/],
  ])('the next look-up of a parked integration: %s', async (_name, needsAttention, retryInMs, words) => {
    const id = uniqueIntegrationId();
    await save({ id });
    await park(store, id, { code: 'INVALID', message: 'no', needsAttention, retryInMs });
    const read = await reader();
    expect((await read(find(id))).text).toMatch(words);
    expect((await read(`/integrations/${id}`)).text).toMatch(words);
  });

  test('outdated data of an active integration', async () => {
    const id = uniqueIntegrationId();
    await save({ id, dataExpiredAt: new Date() });
    const read = await reader();
    expect((await read(find(id))).text).toMatch(/filters or scopes in Kombo changed/);
  });

  test('when the data of a removed integration is erased', async () => {
    const id = uniqueIntegrationId();
    await save({ id });
    await removeAs(id, 'Deleted');
    const erased = await reader({ config: testConfig({ DELETED_RETENTION: '3d' }) });
    expect((await erased(`/integrations/${id}`)).text).toMatch(/Its data erased from .* \(in [23] d\) on/);
    const kept = await reader({ config: testConfig({ DELETED_RETENTION: 'off' }) });
    expect((await kept(`/integrations/${id}`)).text).toContain('kept: DELETED_RETENTION is off');
  });
});

describe('freshness and the next run (I18)', () => {
  test('a page shows the age of the oldest endpoint, and the next full sync of the schedule', async () => {
    const temporal = await testTemporal();
    const id = uniqueIntegrationId();
    const saved = await save({ id });
    const read = await reader({ temporal });
    // Temporal's list of schedules lags behind, and a busy Temporal does not answer at once.
    const shows = async (words: RegExp, url = find(id)) => {
      await expect.poll(async () => (await read(url)).text, { timeout: 15_000 }).toMatch(words);
    };
    await shows(/not complete yet.*never done.*no schedule/);
    await insertPasses(store, { id, deltas: 1 });
    await store.pool.query(
      `update kombo_sync.passes set watermark_at = now() - interval '3 hours', started_at = now() - interval '3 hours'
       where integration_id = $1 and endpoint = '/hris/groups' and kind = 'delta'`,
      [id],
    );
    await statesFromPasses(store);
    await ensureSchedules(temporal.client, testConfig({ FULL_SYNC_CRON: '0 2 * * *' }), saved);
    await shows(/3 h ago .* last 9 h ago no drift next in \d+ (h|min)/);
    await temporal.client.schedule.getHandle(`full-sync/${id}`).pause('maintenance');
    await shows(/schedule paused/);
    await shows(/maintenance/, `/integrations/${id}`);
  });

  test('without Temporal the pages are shown, and say so', async () => {
    const id = uniqueIntegrationId();
    await save({ id });
    const read = await reader({ temporal: temporalAt('127.0.0.1:1') });
    for (const url of [find(id), `/integrations/${id}`, '/cutover']) {
      const { status, text } = await read(url);
      expect(status).toBe(200);
      expect(text).toMatch(/Temporal (cannot be asked|does not answer)/);
    }
  });
});
