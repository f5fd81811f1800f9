import { WorkflowFailedError } from '@temporalio/client';
import { describe, expect, test } from 'vitest';
import type { EraseResult } from '../../workflows/erase-integration.ts';
import { addIntegration } from '../../src/operations/integrations.ts';
import { fullSync } from '../../src/operations/syncs.ts';
import { eraseWorkflowId, fullSyncWorkflowId, syncWorkflowId } from '../../src/domain/names.ts';
import { describeSchedule } from '../../src/temporal/schedule-state.ts';
import { eventually } from '../support/poll.ts';
import { accepted, createSystem, each, type System } from './setup.ts';

/** The data of a removed integration is kept for two weeks, the default. */
const system = await createSystem();
/** Here it is only kept for a moment. */
const brief = await createSystem({ DELETED_RETENTION: '1s' });
await Promise.all([system.worker(), brief.worker()]);
await Promise.all([system.server(), brief.server()]);
const { control, operator, temporal } = system;

async function rows(of: System, id: string): Promise<number> {
  const counts = ['lms_users', 'lms_courses', 'lms_skills'].map(async (table) => {
    const { rowCount } = await of.store.pool.query(`select from kombo.${table} where integration_id = $1`, [
      id,
    ]);
    return rowCount ?? 0;
  });
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}

const schedules = (id: string) => describeSchedule(temporal.client, id);
const erasing = async (id: string) => {
  const { status, startTime, executionTime } = await temporal.client.workflow
    .getHandle(eraseWorkflowId(id))
    .describe();
  return { status: status.name, delayMs: executionTime!.getTime() - startTime.getTime() };
};
const removed = (of: System, id: string) =>
  eventually(async () => {
    const known = await of.known(id);
    return known?.status === 'removed' && known;
  });

/** Kombo says once that it does not know an integration, and lists its records a moment later. */
function mistakenly404(of: System, id: string): void {
  const fault = { kind: 'error', code: 'PLATFORM.INTEGRATION_NOT_FOUND' } as const;
  of.control.addFault({ ...fault, integration: id, endpoint: '/lms/users' });
  of.control.addFault({ ...fault, endpoint: `/integrations/${encodeURIComponent(id)}` });
}

/** Everything that may still arrive about a deleted integration. */
async function lateNews(id: string): Promise<void> {
  const data = { integration_id: id, id };
  for (const type of ['data-changed', 'integration-created', 'integration-state-changed', 'sync-finished']) {
    await accepted(control.sendWebhook({ type, data: { ...data, changed_models: [{ name: 'lms_users' }] } }));
  }
  await system.settled(id);
}

describe.concurrent('(I21) an integration that is deleted', () => {
  test('is no longer read, no matter what comes late; its rows stay until they are erased', async () => {
    const id = system.integration();
    await system.firstSync(id);
    control.addFault({ kind: 'stall', ms: 12_000, integration: id, endpoint: '/lms/users' });
    await fullSync(operator, id, {});
    await eventually(() => system.reads(id).length > 4);
    const before = await rows(system, id);

    control.setEnabled(id, false);
    await accepted(control.announce(id, 'integration-deleted'));
    expect(await removed(system, id)).toMatchObject({ statusCode: 'Deleted' });
    const full = temporal.client.workflow.getHandle(fullSyncWorkflowId(id));
    await expect(full.result()).rejects.toBeInstanceOf(WorkflowFailedError);
    expect((await full.describe()).status.name).toBe('CANCELLED');
    await eventually(async () => (await schedules(id)).fullSync === null);
    const erase = await eventually(() => erasing(id));
    expect(erase.status).toBe('RUNNING');
    expect(erase.delayMs).toBeGreaterThan(13 * 86_400_000);

    const reads = system.reads(id).length;
    await lateNews(id);
    control.removeIntegration(id);
    await lateNews(id);
    expect(system.reads(id)).toHaveLength(reads);
    expect(await system.known(id)).toMatchObject({ status: 'removed', statusCode: 'Deleted' });
    expect(await rows(system, id)).toBe(before);
    expect((await schedules(id)).fullSync).toBeNull();
  });

  test('during a long sync is looked up at once', async () => {
    const id = system.integration();
    await system.firstSync(id);
    // Longer than a request may take: without the look-up, the pass would fail first.
    const stall = control.addFault({ kind: 'stall', ms: 60_000, integration: id, endpoint: '/lms/users' });
    const reads = system.reads(id).length + 1;
    await system.tell(id, ['lms_users']);
    await eventually(() => system.reads(id).length === reads);
    control.setEnabled(id, false);
    await accepted(control.announce(id, 'integration-deleted'));
    expect(await removed(system, id)).toMatchObject({ statusCode: 'Deleted' });
    expect(await temporal.client.workflow.getHandle(syncWorkflowId(id)).result()).toMatchObject({
      blocked: { code: 'IntegrationGone' },
      failed: [],
    });
    expect(system.reads(id)).toHaveLength(reads);
    control.removeFault(stall);
  });

  test.each(['sync', 'full sync'])('is found by a %s if no webhook reports it', async (found) => {
    const id = system.integration();
    await system.firstSync(id);
    control.removeIntegration(id);
    if (found === 'sync') await system.tell(id, ['lms_users']);
    else await fullSync(operator, id, {});
    expect(await removed(system, id)).toMatchObject({ statusCode: 'PLATFORM.INTEGRATION_NOT_FOUND' });
    await eventually(async () => (await schedules(id)).fullSync === null);
    expect(await eventually(() => erasing(id))).toMatchObject({ status: 'RUNNING' });
    expect(await rows(system, id)).toBe(30);
  });

  test('and connected again is active and read in full; a repeated deletion changes nothing', async () => {
    const id = system.integration();
    await system.firstSync(id);
    control.setEnabled(id, false);
    const deletion = await control.announce(id, 'integration-deleted');
    await removed(system, id);
    await eventually(() => erasing(id));
    control.removeIntegration(id);
    control.addIntegration({
      id,
      category: 'LMS',
      scale: 0,
      records: { lms_users: 12, lms_courses: 5, lms_skills: 6 },
    });
    await accepted(control.announce(id, 'integration-created'));
    await system.settled(id);
    expect(await system.known(id)).toMatchObject({ status: 'active', removedAt: null });
    expect(await system.fullPasses(id)).toEqual(each(2));
    expect(await system.differences(id)).toEqual([]);
    expect((await schedules(id)).fullSync).toMatchObject({ paused: false });
    expect(await erasing(id)).toMatchObject({ status: 'TERMINATED' });

    const { data, type } = JSON.parse(deletion!.body) as { data: unknown; type: string };
    await accepted(control.sendWebhook({ data, type, id: deletion!.id, duplicate: true }));
    await system.settled(id);
    expect(await system.known(id)).toMatchObject({ status: 'active' });
    expect(await system.fullPasses(id)).toEqual(each(2));
  });

  test('after a mistaken 404, you or the next webhook bring it back', async () => {
    for (const back of ['by hand', 'by webhook']) {
      const id = system.integration();
      await system.firstSync(id);
      mistakenly404(system, id);
      await system.tell(id, ['lms_users']);
      await removed(system, id);
      await eventually(() => erasing(id));
      if (back === 'by hand') {
        const { sync } = await addIntegration(operator, id, { sync: true });
        await temporal.client.workflow.getHandle(sync!.workflowId, sync!.runId).result();
      } else {
        await system.tell(id, ['lms_skills']);
        await system.settled(id);
      }
      expect(await system.known(id)).toMatchObject({ status: 'active', statusReason: null });
      expect(await system.fullPasses(id)).toEqual(each(2));
      expect(await erasing(id)).toMatchObject({ status: 'TERMINATED' });
      expect((await schedules(id)).fullSync).not.toBeNull();
    }
  });
});

describe.concurrent('when DELETED_RETENTION is over', () => {
  test('the data of a deleted integration is erased, and nothing else', async () => {
    const [id, other] = [brief.integration(), brief.integration()];
    await Promise.all([brief.firstSync(id), brief.firstSync(other)]);
    brief.control.setEnabled(id, false);
    await accepted(brief.control.announce(id, 'integration-deleted'));
    brief.control.removeIntegration(id);
    await removed(brief, id);
    const handle = temporal.client.workflow.getHandle(eraseWorkflowId(id));
    const result = (await eventually(() => handle.result())) as EraseResult;
    expect(result).toMatchObject({ integrationId: id, erased: true });
    expect(result.rows).toBeGreaterThan(30);
    expect(await rows(brief, id)).toBe(0);
    expect(await brief.fullPasses(id)).toEqual({});
    expect(await brief.known(id)).toMatchObject({
      status: 'removed',
      organizationName: null,
      erasedAt: expect.any(Date) as Date,
    });
    expect(await rows(brief, other)).toBe(30);
    expect(await brief.known(other)).toMatchObject({ status: 'active' });
    expect(await brief.differences(other)).toEqual([]);

    // Connected again, it is like any other.
    brief.control.addIntegration({ id, category: 'LMS', scale: 0, records: { lms_users: 4 } });
    await brief.firstSync(id);
    expect(await brief.known(id)).toMatchObject({ status: 'active', erasedAt: null });
    expect(await brief.fullPasses(id)).toEqual(each(1));
    expect(await brief.differences(id)).toEqual([]);
  });

  test('an integration that a 404 removed is looked up once more, and kept if Kombo has it', async () => {
    const id = brief.integration();
    await brief.firstSync(id);
    mistakenly404(brief, id);
    await brief.tell(id, ['lms_users']);
    // No webhook comes from now on.
    await eventually(async () => (await brief.fullPasses(id))['/lms/users'] === 2);
    await brief.settled(id);
    expect(await brief.known(id)).toMatchObject({ status: 'active', removedAt: null });
    expect(await brief.differences(id)).toEqual([]);
  });
});
