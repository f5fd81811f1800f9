import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { addDeliveries } from '../../src/store/state/deliveries.ts';
import { saveIntegration } from '../../src/store/state/integrations.ts';
import { park, pause } from '../../src/store/state/life.ts';
import { deleteSchedules, ensureSchedules } from '../../src/temporal/schedules.ts';
import { createTestStore, type TestStore } from '../support/database.ts';
import { insertDebt } from '../support/debts.ts';
import { eventually } from '../support/poll.ts';
import { uniqueIntegrationId } from '../support/temporal.ts';
import { startApi } from './api.ts';
import { testConfig } from './support.ts';

interface Listed {
  integrations: { id: string }[];
  next: string | null;
}

describe('the list', () => {
  let store: TestStore;
  beforeAll(async () => {
    store = await createTestStore();
    for (const number of [1, 2, 3, 4, 5]) {
      const category = number % 2 ? 'ATS' : 'HRIS';
      await saveIntegration(store, {
        id: `tool${number}:a`,
        tool: `tool${number}`,
        category,
        organizationName: `Acme_${number} 100%`,
        originId: `customer-${number}`,
      });
    }
    await pause(store, 'tool3:a', 'a reason');
    await insertDebt(store, 'tool2:a', {
      endpoint: '/hris/employees',
      kind: 'delta',
      failure: { failures: 2, code: 'REMOTE.X', message: 'It does not answer.', needsAttention: true },
    });
    await insertDebt(store, 'tool2:a', {
      endpoint: '/hris/groups',
      kind: 'full',
      failure: { errorClass: 'EndpointDisabled', givenUp: true },
    });
  });
  const list = async (query = '') => {
    const { call } = await startApi(store);
    const answer = await call('GET', `/integrations${query}`);
    expect(answer.statusCode).toBe(200);
    return answer.json<Listed>();
  };
  const idsOf = ({ integrations }: Listed) => integrations.map(({ id }) => id);

  test('(I13) has an integration of an unknown category, and shows its category', async () => {
    const other = await createTestStore();
    await saveIntegration(other, { id: 'tool:new', tool: 'tool', category: 'PAYROLL' });
    const { call } = await startApi(other);
    for (const path of ['/integrations', '/integrations/tool%3Anew', '/cutover', '/summary']) {
      const answer = await call('GET', path);
      expect([path, answer.statusCode]).toEqual([path, 200]);
    }
    const { integrations } = (await call('GET', '/integrations')).json<Listed>();
    expect(integrations).toMatchObject([{ id: 'tool:new', category: 'PAYROLL', freshAsOf: null }]);
  });

  test('has every integration, ordered by id, with its freshness', async () => {
    const listed = await list();
    expect(idsOf(listed)).toEqual([1, 2, 3, 4, 5].map((number) => `tool${number}:a`));
    expect(listed.next).toBeNull();
    expect(listed.integrations[1]).toMatchObject({
      id: 'tool2:a',
      tool: 'tool2',
      category: 'HRIS',
      status: 'active',
      statusCode: null,
      organizationName: 'Acme_2 100%',
      originId: 'customer-2',
      freshAsOf: null,
      notOffered: ['/hris/groups'],
      failedEndpoints: ['/hris/employees'],
      endpointsNeedingAttention: ['/hris/employees'],
      runningPasses: 0,
      drift: null,
    });
    expect(listed.integrations[2]).toMatchObject({
      status: 'paused',
      statusCode: 'Paused',
      statusReason: 'a reason',
    });
  });

  test.each([
    ['?search=TOOL4', ['tool4:a']],
    ['?search=acme_5', ['tool5:a']],
    ['?search=Customer-2', ['tool2:a']],
    ['?search=100%25', ['tool1:a', 'tool2:a', 'tool3:a', 'tool4:a', 'tool5:a']],
    ['?search=tool_', []],
    ['?status=paused', ['tool3:a']],
    ['?category=HRIS', ['tool2:a', 'tool4:a']],
    ['?failing=true', ['tool2:a']],
    ['?failing=false&category=HRIS', ['tool2:a', 'tool4:a']],
    ['?status=active&category=ATS&search=5', ['tool5:a']],
  ])('filters by %s', async (query, ids) => {
    expect(idsOf(await list(query))).toEqual(ids);
  });

  test('comes page by page, and integrations that are added meanwhile move nothing', async () => {
    const first = await list('?limit=2');
    expect(idsOf(first)).toEqual(['tool1:a', 'tool2:a']);
    await saveIntegration(store, { id: 'a:first', tool: 'a', category: 'ATS' });
    const second = await list(`?limit=2&cursor=${first.next}`);
    expect(idsOf(second)).toEqual(['tool3:a', 'tool4:a']);
    const third = await list(`?limit=2&cursor=${second.next}`);
    expect(idsOf(third)).toEqual(['tool5:a']);
    expect(third.next).toBeNull();
    await store.pool.query(`delete from kombo_sync.integrations where id = 'a:first'`);
  });

  test('a last page that is full has no next page', async () => {
    expect((await list('?limit=5')).next).toBeNull();
  });
});

describe('one', () => {
  let store: TestStore;
  beforeAll(async () => {
    store = await createTestStore();
  });

  test.each([(id: string) => id, encodeURIComponent])('is shown by its id', async (write) => {
    const id = uniqueIntegrationId();
    await saveIntegration(store, {
      id,
      tool: 'bombohr',
      category: 'HRIS',
      unavailableModels: ['hris_teams'],
    });
    await park(store, id, {
      code: 'INVALID',
      message: 'Log in again',
      needsAttention: true,
      retryInMs: null,
    });
    const at = new Date('2026-02-03T04:05:06.789Z');
    const delivery = { integrationId: id, type: 'data-changed', outcome: 'accepted' as const };
    await addDeliveries(store, [{ ...delivery, times: 3, firstAt: at, lastAt: at }]);
    const { call } = await startApi(store);
    const answer = await call('GET', `/integrations/${write(id)}`);
    expect(answer.statusCode).toBe(200);
    const body = answer.json<{ endpoints: { endpoint: string }[] }>();
    expect(body).toMatchObject({
      id,
      status: 'parked',
      statusCode: 'INVALID',
      statusReason: 'Log in again',
      needsAttention: true,
      retryAt: null,
      temporalDueAt: expect.any(String) as string,
      unavailableModels: ['hris_teams'],
      schedules: { fullSync: null, catchUp: null },
      deliveries: [
        {
          type: 'data-changed',
          outcome: 'accepted',
          times: 3,
          firstAt: at.toISOString(),
          lastAt: at.toISOString(),
        },
      ],
    });
    expect(body).not.toHaveProperty('failures');
    expect(body.endpoints.map(({ endpoint }) => endpoint)).toContain('/hris/employees');
  });

  test('has the state of each endpoint', async () => {
    const id = uniqueIntegrationId();
    await saveIntegration(store, { id, tool: 'bombohr', category: 'HRIS' });
    await insertDebt(store, id, {
      endpoint: '/hris/employees',
      kind: 'full',
      since: new Date('2025-12-31'),
      dueAt: new Date('2026-01-02'),
      failure: {
        code: 'REMOTE.X',
        message: 'It does not answer.',
        failures: 2,
        since: new Date('2026-01-01'),
        triedAt: new Date('2026-01-01T12:00:00Z'),
      },
    });
    await insertDebt(store, id, {
      endpoint: '/hris/employees',
      kind: 'delta',
      since: new Date('2026-01-03'),
    });
    const { call } = await startApi(store);
    const { endpoints } = (await call('GET', `/integrations/${id}`)).json<{
      endpoints: { endpoint: string }[];
    }>();
    expect(endpoints.find(({ endpoint }) => endpoint === '/hris/employees')).toEqual({
      endpoint: '/hris/employees',
      table: 'hris_employees',
      watermark: null,
      lastPass: null,
      lastFull: null,
      liveRows: 0,
      rejectedRecords: 0,
      disabled: null,
      notChosen: null,
      owed: [
        { kind: 'delta', since: '2026-01-03T00:00:00.000Z', dueAt: null, failure: null },
        {
          kind: 'full',
          since: '2025-12-31T00:00:00.000Z',
          dueAt: '2026-01-02T00:00:00.000Z',
          failure: {
            errorClass: 'Unavailable',
            code: 'REMOTE.X',
            message: 'It does not answer.',
            failures: 2,
            since: '2026-01-01T00:00:00.000Z',
            triedAt: '2026-01-01T12:00:00.000Z',
            needsAttention: false,
            givenUp: false,
          },
        },
      ],
    });
  });

  test('has the next runs of its schedules', async () => {
    const { call, temporal } = await startApi(store);
    const id = uniqueIntegrationId();
    const integration = await saveIntegration(store, { id, tool: 'bombohr', category: 'HRIS' });
    await ensureSchedules(temporal.client, testConfig(), integration);
    onTestFinished(() => deleteSchedules(temporal.client, id));
    const { fullSync } = await eventually(async () => {
      // Null while Temporal is too busy to answer at once.
      const { schedules } = (await call('GET', `/integrations/${id}`)).json<{
        schedules: { fullSync: { id: string; nextRuns: string[] } } | null;
      }>();
      return schedules ?? undefined;
    });
    expect(fullSync.id).toBe(`full-sync/${id}`);
    expect(new Date(fullSync.nextRuns[0]!).getTime()).toBeGreaterThan(Date.now());
  });
});
