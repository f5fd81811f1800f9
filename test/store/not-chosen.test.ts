import { beforeEach, describe, expect, test } from 'vitest';
import { ALL_MODELS, type EndpointSettings } from '../../src/domain/choice.ts';
import { readCutoverFacts } from '../../src/store/reports/cutover.ts';
import { oldestWatermarks } from '../../src/store/reports/freshness.ts';
import { findOverview, listOverview } from '../../src/store/reports/overview.ts';
import { expectedRecords } from '../../src/store/reports/progress.ts';
import { endpointStatuses, listFailing } from '../../src/store/reports/status.ts';
import { forgetUnread, nextRetryMs, takeOverdue } from '../../src/store/state/due.ts';
import { requireIntegration } from '../../src/operations/require.ts';
import { saveIntegration } from '../../src/store/state/integrations.ts';
import { createTestStore } from '../support/database.ts';
import { insertDebt } from '../support/debts.ts';
import { uniqueIntegrationId } from '../support/temporal.ts';
import { readPass, readWatermark } from './support.ts';

const [USERS, SKILLS] = ['/lms/users', '/lms/skills'];
const HOUR = 3_600_000;

const store = await createTestStore();
let id: string;

beforeEach(async () => {
  await store.pool.query('delete from kombo_sync.integrations');
  await store.pool.query('delete from kombo_sync.debts');
  id = uniqueIntegrationId();
  await saveIntegration(store, { id, tool: 'demo', category: 'LMS' });
});

/** The two ways to leave an endpoint out. Both choose only the users. */
const WAYS: [by: string, choose: () => Promise<EndpointSettings>][] = [
  ['settings', () => Promise.resolve({ ...ALL_MODELS, MODELS: ['lms_users', 'ats_*'] })],
  [
    'integration',
    async () => {
      await store.pool.query(`update kombo_sync.integrations set models = '{lms_users}' where id = $1`, [id]);
      return ALL_MODELS;
    },
  ],
];

describe.each(WAYS)('(I30) an endpoint that the choice of the %s leaves out', (by, choose) => {
  let settings: EndpointSettings;
  beforeEach(async () => {
    await readPass(store, id, SKILLS, 'full', [[{ id: 'a' }]]);
    await store.pool.query('delete from kombo_sync.debts');
    settings = await choose();
  });

  test('does not count for freshness, and is listed with what leaves it out', async () => {
    await readPass(store, id, USERS, 'full', [[{ id: 'a' }]]);
    const watermark = await readWatermark(store, id, USERS);
    await insertDebt(store, id, { endpoint: SKILLS, kind: 'delta', since: new Date(Date.now() - HOUR) });
    const overview = await findOverview(store, id, settings);
    expect(overview).toMatchObject({ freshAsOf: watermark, lastFullAt: expect.any(Date) as Date });
    expect(overview).toMatchObject({ readsNothing: false, notOffered: [] });
    expect(overview?.notChosen).toEqual([
      { endpoint: '/lms/course-progressions', by },
      { endpoint: '/lms/courses', by },
      { endpoint: SKILLS, by },
    ]);
    expect((await oldestWatermarks(store, settings)).get('LMS')).toBeLessThan(60);
    expect(await findOverview(store, id)).toMatchObject(
      by === 'settings' ? { freshAsOf: null, notChosen: [] } : { freshAsOf: watermark },
    );
  });

  test('is not a gap of the cutover, and is named there', async () => {
    await readPass(store, id, USERS, 'full', [[{ id: 'a' }]]);
    const [facts] = await readCutoverFacts(store, { id, syncs: 5, graceMs: 1_000, settings });
    expect(facts?.endpoints.map(({ endpoint }) => endpoint)).toEqual([USERS]);
    expect(facts?.notChosen).toContainEqual({ endpoint: SKILLS, by });
  });

  test('has no timer, wakes no sync, and soon no longer fails', async () => {
    const failure = { since: new Date(Date.now() - HOUR) };
    await insertDebt(store, id, {
      endpoint: SKILLS,
      kind: 'delta',
      failure,
      dueAt: new Date(Date.now() - HOUR),
    });
    await insertDebt(store, id, { endpoint: '/lms/courses', kind: 'full', since: failure.since });
    expect(await nextRetryMs(store, id, { settings })).toBeNull();
    expect(await takeOverdue(store, settings, 100)).toEqual([]);
    expect(await findOverview(store, id, settings)).toMatchObject({ failedEndpoints: [], nextTryAt: null });
    expect(await listFailing(store, [id])).toHaveLength(1);
    await forgetUnread(store, settings);
    expect(await listFailing(store, [id])).toEqual([]);
    const { entries } = await listOverview(store, { failing: true }, settings);
    expect(entries).toEqual([]);
  });

  test('does not affect debts of chosen endpoints', async () => {
    const failure = { since: new Date(Date.now() - HOUR) };
    await insertDebt(store, id, {
      endpoint: USERS,
      kind: 'delta',
      failure,
      dueAt: new Date(Date.now() - HOUR),
    });
    await forgetUnread(store, settings);
    expect(await nextRetryMs(store, id, { settings })).toBe(0);
    expect(await takeOverdue(store, settings, 100)).toEqual([id]);
    expect(await findOverview(store, id, settings)).toMatchObject({ failedEndpoints: [USERS] });
  });

  test('is shown with its rows and since when it was last read, without its debts', async () => {
    const since = new Date(Date.now() - HOUR);
    await insertDebt(store, id, { endpoint: SKILLS, kind: 'full', since });
    await insertDebt(store, id, { endpoint: '/lms/courses', kind: 'full', since });
    const statuses = await endpointStatuses(store, id, settings);
    const of = (path: string) => statuses.find(({ endpoint }) => endpoint === path);
    expect(of(SKILLS)).toMatchObject({ notChosen: { by, since }, liveRows: 1, owed: [] });
    // It has no rows, so it was not read before.
    expect(of('/lms/courses')).toMatchObject({ notChosen: { by, since: null }, owed: [] });
    expect(of(USERS)).toMatchObject({ notChosen: null });
  });

  test('does not count in the estimate of a full sync', async () => {
    const integration = await requireIntegration(store, id);
    expect([...(await expectedRecords(store, integration, { settings })).keys()]).toEqual([USERS]);
  });
});

test('makes an integration without another endpoint say so, and not look old', async () => {
  const settings = { ...ALL_MODELS, MODELS: ['ats_*'] };
  expect(await findOverview(store, id, settings)).toMatchObject({ freshAsOf: null, readsNothing: true });
  expect(await findOverview(store, id)).toMatchObject({ readsNothing: false });
  expect([...(await oldestWatermarks(store, settings)).keys()]).toEqual([]);
});
