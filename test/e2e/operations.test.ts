import { WorkflowNotFoundError } from '@temporalio/client';
import { listActs } from '../support/acts.ts';
import { describe, expect, test } from 'vitest';
import {
  addIntegration,
  pauseIntegration,
  removeIntegration,
  resumeIntegration,
} from '../../src/operations/integrations.ts';
import { cancelSyncs, fullSync, syncNow } from '../../src/operations/syncs.ts';
import { eraseWorkflowId, fullSyncWorkflowId, syncWorkflowId } from '../../src/domain/names.ts';
import { describeSchedule } from '../../src/temporal/schedule-state.ts';
import { eventually } from '../support/poll.ts';
import { uniqueIntegrationId } from '../support/temporal.ts';
import { interrupted, overtaken } from './operators.ts';
import { accepted, createSystem, each } from './setup.ts';

const system = await createSystem();
const { control, operator, store, temporal } = system;
const { client } = temporal;
await system.worker();
await system.server();

const schedules = (id: string) => describeSchedule(client, id);
/** The audit log of an integration, oldest first. */
const acts = async (id: string) =>
  (await listActs(store, { integrationId: id }))
    .reverse()
    .map(({ action, outcome, actor, source }) => `${action} ${outcome} by ${actor} (${source})`);
const noted = (...entries: string[]) => entries.map((entry) => `${entry} by tester@e2e (cli)`);
const statusOf = async (workflowId: string): Promise<string | undefined> => {
  try {
    return (await client.workflow.getHandle(workflowId).describe()).status.name;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
};

test('(I23) an integration that is added again while it is removed keeps its schedules', async () => {
  const id = system.integration();
  await addIntegration(operator, id, { sync: false });
  const again = () => addIntegration(operator, id, { sync: false });
  const { integration } = await removeIntegration(overtaken(system, again), id, { erase: false });
  expect(integration).toMatchObject({ status: 'active' });
  expect((await schedules(id)).fullSync).toMatchObject({ paused: false });
});

describe.concurrent('(I23) adding', () => {
  test('creates the schedules and starts the first full sync; a second time changes nothing', async () => {
    const id = system.integration();
    const added = await addIntegration(operator, id, { sync: true });
    expect(added).toMatchObject({ new: true, schedules: 'created', integration: { status: 'active' } });
    await client.workflow.getHandle(added.sync!.workflowId, added.sync!.runId).result();
    expect(await system.fullPasses(id)).toEqual(each(1));
    expect(await addIntegration(operator, id, { sync: true })).toMatchObject({
      new: false,
      schedules: 'unchanged',
      sync: null,
    });
    expect(await acts(id)).toEqual(noted('add done', 'add done'));
    const [newest] = await listActs(store, { integrationId: id });
    expect(newest).toMatchObject({
      details: { sync: true },
      address: null,
      finishedAt: expect.any(Date) as Date,
    });
  });

  test('without a sync leaves the read to the first webhook', async () => {
    const id = system.integration();
    expect(await addIntegration(operator, id, { sync: false })).toMatchObject({ new: true, sync: null });
    expect(await statusOf(fullSyncWorkflowId(id))).toBeUndefined();
    await system.tell(id, ['lms_users']);
    await system.settled(id);
    expect(await system.fullPasses(id)).toEqual(each(1));
  });

  test('that broke off after it brought a removed one back is completed by the next', async () => {
    const id = system.integration();
    await system.firstSync(id);
    await removeIntegration(operator, id, { erase: false });
    const deps = interrupted(system, 'start');
    await expect(addIntegration(deps, id, { sync: true })).rejects.toThrow('Temporal is away.');
    expect(await system.known(id)).toMatchObject({ status: 'active' });
    expect(await addIntegration(deps, id, { sync: true })).toMatchObject({ new: false, sync: null });
    await system.settled(id);
    expect(await system.fullPasses(id)).toEqual(each(2));
  });

  test('reads what could not be read before, also the second time if the first one broke off', async () => {
    const id = system.integration();
    await system.firstSync(id);
    control.setIntegration(id, { status: 'INVALID' });
    await accepted(control.announce(id, 'integration-state-changed'));
    await eventually(async () => (await system.known(id))?.status === 'parked');
    await system.settled(id);
    control.setIntegration(id, { status: 'ACTIVE' });
    const deps = interrupted(system, 'signalWithStart');
    await expect(addIntegration(deps, id, { sync: true })).rejects.toThrow('Temporal is away.');
    await addIntegration(deps, id, { sync: true });
    await system.settled(id);
    expect(await system.known(id)).toMatchObject({ status: 'active' });
    expect(await system.fullPasses(id)).toEqual(each(2));
  });

  test('is refused for an integration that Kombo does not know or that was deleted there', async () => {
    const unknown = uniqueIntegrationId();
    await expect(addIntegration(operator, unknown, { sync: true })).rejects.toMatchObject({
      refusal: 'not-found',
    });
    expect(await acts(unknown)).toEqual(noted('add failed'));
    expect((await listActs(store, { integrationId: unknown }))[0]?.message).toMatch(/Kombo does not know/);
    const deleted = system.integration();
    await system.firstSync(deleted);
    control.setEnabled(deleted, false);
    await accepted(control.announce(deleted, 'integration-deleted'));
    await system.settled(deleted);
    await expect(addIntegration(operator, deleted, { sync: true })).rejects.toMatchObject({
      refusal: 'conflict',
      code: 'removed',
    });
  });
});

describe.concurrent('(I23) removing', () => {
  test('ends everything for an integration until you add it again, no matter what Kombo says', async () => {
    const id = system.integration();
    await system.firstSync(id);
    expect(await removeIntegration(operator, id, { erase: false })).toMatchObject({
      integration: { status: 'removed', statusCode: 'RemovedByHand' },
      cancelled: [],
    });
    expect(await removeIntegration(operator, id, { erase: false })).toMatchObject({ cancelled: [] });
    expect(await schedules(id)).toEqual({ fullSync: null, catchUp: null });
    expect(await statusOf(eraseWorkflowId(id))).toBe('RUNNING');
    const reads = system.reads(id).length;
    await accepted(control.announce(id, 'integration-state-changed'));
    await system.tell(id, ['lms_users']);
    await system.settled(id);
    expect(system.reads(id)).toHaveLength(reads);
    expect(await system.known(id)).toMatchObject({ status: 'removed', statusCode: 'RemovedByHand' });

    const back = await addIntegration(operator, id, { sync: true });
    expect(back).toMatchObject({
      new: true,
      schedules: 'created',
      integration: { status: 'active', removedAt: null },
    });
    await client.workflow.getHandle(back.sync!.workflowId, back.sync!.runId).result();
    expect(await statusOf(eraseWorkflowId(id))).toBe('TERMINATED');
    expect(await system.fullPasses(id)).toEqual(each(2));
    expect(await acts(id)).toEqual(noted('remove done', 'remove done', 'add done'));
  });

  test('with --erase erases the data at once', async () => {
    const id = system.integration();
    await system.firstSync(id);
    await removeIntegration(operator, id, { erase: false });
    await removeIntegration(operator, id, { erase: true });
    await client.workflow.getHandle(eraseWorkflowId(id)).result();
    expect(await system.fullPasses(id)).toEqual({});
    expect(await system.known(id)).toMatchObject({ status: 'removed', erasedAt: expect.any(Date) as Date });
    // The audit log stays.
    expect(await acts(id)).toEqual(noted('remove done', 'remove done'));
  });

  test('with DELETED_RETENTION=off keeps the data', async () => {
    const id = system.integration();
    await system.firstSync(id);
    const keeping = { ...operator, config: { ...operator.config, DELETED_RETENTION: null } };
    await removeIntegration(keeping, id, { erase: false });
    expect(await statusOf(eraseWorkflowId(id))).toBeUndefined();
    expect(await system.fullPasses(id)).toEqual(each(1));
  });
});

describe.concurrent('(I23) pausing, resuming and cancelling', () => {
  test('twice equals once, with the newest reason', async () => {
    const id = system.integration();
    await system.firstSync(id);
    await pauseIntegration(operator, id, '  first ');
    expect(await pauseIntegration(operator, id, 'second')).toMatchObject({
      integration: { status: 'paused', statusReason: 'second' },
      cancelled: [],
    });
    expect((await schedules(id)).fullSync).toMatchObject({ paused: true, note: 'kombo-sync: paused' });
    expect(await resumeIntegration(operator, id)).toMatchObject({ resumed: true });
    expect(await resumeIntegration(operator, id)).toMatchObject({
      resumed: false,
      integration: { status: 'active' },
    });
    expect((await schedules(id)).fullSync).toMatchObject({ paused: false });
    const ops = { ...operator, actor: { name: 'ops', source: 'api' as const, address: '10.0.0.9' } };
    expect(await cancelSyncs(ops, id, { reason: ' too slow ' })).toEqual({
      integrationId: id,
      cancelled: expect.any(Array) as string[],
    });
    await eventually(async () => (await statusOf(syncWorkflowId(id))) !== 'RUNNING');
    expect(await cancelSyncs(operator, id)).toEqual({ integrationId: id, cancelled: [] });
    expect((await acts(id)).slice(0, 5)).toEqual([
      ...noted('pause done', 'pause done', 'resume done', 'resume done'),
      'cancel done by ops (api)',
    ]);
    const [, byApi] = await listActs(store, { integrationId: id });
    expect(byApi).toMatchObject({ address: '10.0.0.9', details: { reason: 'too slow' } });
    await expect(resumeIntegration(operator, id, { reason: ' ' })).rejects.toThrow(/Give a reason/);
  });

  test('a resume that broke off is completed by the next; if nothing was missed, nothing is read', async () => {
    const id = system.integration();
    await system.firstSync(id);
    await pauseIntegration(operator, id, 'audit');
    const [user] = control.ids(id, 'lms_users') as [string];
    control.update(id, 'lms_users', user, { remote_id: 'while paused' });
    await accepted(control.flushWebhook(id));
    expect(await system.settled(id)).toMatchObject({ blocked: { code: 'Paused' } });
    const deps = interrupted(system, 'signalWithStart');
    await expect(resumeIntegration(deps, id)).rejects.toThrow('Temporal is away.');
    expect(await system.known(id)).toMatchObject({ status: 'active' });
    expect(await resumeIntegration(deps, id)).toMatchObject({ resumed: false });
    await system.arrives(id, 'lms_users', user, 'while paused');
    await system.settled(id);

    const reads = system.reads(id).length;
    expect(await resumeIntegration(operator, id)).toMatchObject({ resumed: false });
    expect(await system.settled(id)).toMatchObject({ status: 'completed', endpoints: {} });
    expect(system.reads(id)).toHaveLength(reads);
  });

  test('a paused integration refuses syncs, a removed one refuses every act', async () => {
    const id = system.integration();
    await system.firstSync(id);
    await expect(pauseIntegration(operator, id, ' ')).rejects.toMatchObject({ refusal: 'invalid' });
    await pauseIntegration(operator, id, 'audit');
    const refused = {
      refusal: 'conflict',
      code: 'paused',
      message: expect.stringMatching(/integrations resume/) as string,
    };
    await expect(syncNow(operator, id, {})).rejects.toMatchObject(refused);
    await expect(fullSync(operator, id, {})).rejects.toMatchObject(refused);
    await removeIntegration(operator, id, { erase: false });
    const removed = { refusal: 'conflict', code: 'removed' };
    await expect(pauseIntegration(operator, id, 'again')).rejects.toMatchObject(removed);
    await expect(resumeIntegration(operator, id)).rejects.toMatchObject(removed);
    await expect(syncNow(operator, id, {})).rejects.toMatchObject(removed);
    expect(await acts(id)).toEqual(
      noted(
        'pause done',
        'sync-now failed',
        'full-sync failed',
        'remove done',
        'pause failed',
        'resume failed',
        'sync-now failed',
      ),
    );
    for (const act of [resumeIntegration, cancelSyncs]) {
      await expect(act(operator, 'demo:x')).rejects.toMatchObject({ refusal: 'not-found' });
    }
    await expect(pauseIntegration(operator, 'demo:x', 'x')).rejects.toMatchObject({ refusal: 'not-found' });
  });
});

describe.concurrent('(I23) syncs by hand', () => {
  test('one full sync runs at a time; wrong models are refused', async () => {
    const id = system.integration();
    await system.firstSync(id);
    control.addFault({ kind: 'stall', ms: 20_000, integration: id, endpoint: '/lms/users' });
    const first = await fullSync(operator, id, {});
    expect(await fullSync(operator, id, {})).toEqual({ ...first, alreadyRunning: true });
    expect(await cancelSyncs(operator, id)).toEqual({
      integrationId: id,
      cancelled: [fullSyncWorkflowId(id)],
    });
    await expect(fullSync(operator, id, { models: ['ats_jobs'] })).rejects.toMatchObject({
      refusal: 'unknown-name',
      message: expect.stringMatching(/^Not a model of LMS: ats_jobs/) as string,
    });
    await expect(syncNow(operator, id, { models: ['nonsense'] })).rejects.toMatchObject({
      refusal: 'unknown-name',
    });
    expect(await acts(id)).toEqual(noted('full-sync done', 'full-sync done', 'cancel done'));
  });

  test('a sync now does not wait for the debounce, and reads what you ask for', async () => {
    const id = system.integration();
    await system.firstSync(id);
    const before = system.reads(id).length;
    const { workflowId, runId } = await syncNow(operator, id, { models: ['lms_skills'] });
    expect(workflowId).toBe(syncWorkflowId(id));
    await client.workflow.getHandle(workflowId, runId).result();
    expect(system.reads(id).slice(before)).toEqual(['/lms/skills']);
    expect(await acts(id)).toEqual(noted('sync-now done'));
  });
});
