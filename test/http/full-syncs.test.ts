import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { saveIntegration } from '../../src/store/state/integrations.ts';
import { pause } from '../../src/store/state/life.ts';
import { fullSyncWorkflowId } from '../../src/domain/names.ts';
import { listActs } from '../support/acts.ts';
import { createTestStore, type TestStore } from '../support/database.ts';
import { uniqueIntegrationId } from '../support/temporal.ts';
import { createWire } from '../support/wire.ts';
import { startApi, terminateAfter } from './api.ts';
import { temporalAt } from './support.ts';

/** Enough for a busy machine. */
const POLL = { timeout: 30_000 };

describe('full syncs of all', () => {
  let fleet: TestStore;
  let ids: string[];
  const seed = async (count: number) => {
    fleet = await createTestStore();
    ids = Array.from({ length: count }, () => uniqueIntegrationId());
    await Promise.all(
      ids.map((one) => saveIntegration(fleet, { id: one, tool: 'bombohr', category: 'LMS' })),
    );
  };
  const roundIn = async (store: TestStore) =>
    (await listActs(store)).find((entry) => entry.action === 'full-sync-all');

  test('answer at once with the plan, and start for every active integration', async () => {
    await seed(30);
    const [paused, ...active] = ids;
    await pause(fleet, paused!, 'a reason');
    const { call, temporal } = await startApi(fleet, { TEMPORAL_UI_URL: 'https://temporal.example.com' });
    terminateAfter(temporal, ...ids.map(fullSyncWorkflowId));
    const body = { since: '2026-01-01', allowMassDeletion: true, perMinute: 10 };
    const answer = await call('POST', '/full-syncs', { body, headers: { 'x-actor': 'ada' } });
    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toMatchObject({
      integrations: 29,
      perMinute: 10,
      since: '2026-01-01T00:00:00.000Z',
      minutes: 2,
      alreadyRunning: false,
      temporalUrl:
        "https://temporal.example.com/namespaces/default/workflows?query=WorkflowType%20%3D%20'fullSync'",
    });
    await expect.poll(() => roundIn(fleet), POLL).toMatchObject({ outcome: 'done' });
    expect(await roundIn(fleet)).toMatchObject({
      actor: 'ada',
      source: 'api',
      details: { perMinute: 10, since: '2026-01-01T00:00:00.000Z', allowMassDeletion: true },
    });
    for (const one of active) {
      const run = await temporal.client.workflow.getHandle(fullSyncWorkflowId(one)).describe();
      expect(run.status.name).toBe('RUNNING');
    }
    const none = temporal.client.workflow.getHandle(fullSyncWorkflowId(paused!));
    await expect(none.describe()).rejects.toThrow(/not found/i);
  });

  test('start nothing without an active integration', async () => {
    await seed(0);
    const { call } = await startApi(fleet);
    const answer = await call('POST', '/full-syncs');
    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toMatchObject({ integrations: 0, perMinute: 60, since: null, minutes: 0 });
    await expect.poll(() => roundIn(fleet), POLL).toMatchObject({ outcome: 'done' });
  });

  test('run one round at a time: a second request returns the one under way', async () => {
    await seed(200);
    const { call, temporal } = await startApi(fleet);
    terminateAfter(temporal, ...ids.map(fullSyncWorkflowId));
    const first = await call('POST', '/full-syncs', { body: { perMinute: 100 } });
    const second = await call('POST', '/full-syncs', { body: { perMinute: 7 } });
    expect(second.json()).toEqual({ ...first.json<object>(), alreadyRunning: true });
    await expect.poll(() => roundIn(fleet), POLL).toMatchObject({ outcome: 'done' });
    const rounds = (await listActs(fleet, {})).filter((entry) => entry.action === 'full-sync-all');
    expect(rounds).toHaveLength(1);
    const third = await call('POST', '/full-syncs', { body: { perMinute: 7 } });
    expect(third.json()).toMatchObject({ perMinute: 7, alreadyRunning: false });
    await expect.poll(async () => (await listActs(fleet, {})).length, POLL).toBe(2);
    await expect
      .poll(async () => (await listActs(fleet, {})).every(({ outcome }) => outcome === 'done'), {
        timeout: 30_000,
      })
      .toBe(true);
  });

  test('stop between two starts when the server closes, and the audit log says so', async () => {
    await seed(400);
    const { app, call, temporal } = await startApi(fleet);
    terminateAfter(temporal, ...ids.map(fullSyncWorkflowId));
    expect((await call('POST', '/full-syncs')).statusCode).toBe(202);
    await expect.poll(() => countStarted(ids.slice(0, 5)), POLL).toBeGreaterThan(0);
    const startedAt = performance.now();
    await app.close();
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect(await roundIn(fleet)).toMatchObject({
      outcome: 'failed',
      message: expect.stringMatching(/Ask for it again/) as string,
    });
    const left = await countStarted(ids);
    expect(left).toBeLessThan(400);
    expect(await countStarted(ids)).toBe(left);

    async function countStarted(all: string[]): Promise<number> {
      const seen = await Promise.all(
        all.map((one) =>
          temporal.client.workflow
            .getHandle(fullSyncWorkflowId(one))
            .describe()
            .then(() => 1)
            .catch(() => 0),
        ),
      );
      return seen.reduce((sum: number, one) => sum + one, 0);
    }
  });

  test('fail when Temporal goes away, and the audit log says so', async () => {
    await seed(300);
    const proxy = await createWire(inject('temporalAddress'), onTestFinished);
    const temporal = temporalAt(proxy.address);
    const { call } = await startApi(fleet, {}, { temporal });
    terminateAfter(temporalAt(inject('temporalAddress')), ...ids.map(fullSyncWorkflowId));
    expect((await call('POST', '/full-syncs')).statusCode).toBe(202);
    await expect.poll(() => roundIn(fleet), POLL).toMatchObject({ outcome: 'started' });
    await proxy.cut();
    await expect.poll(() => roundIn(fleet), POLL).toMatchObject({ outcome: 'failed' });
  });
});
