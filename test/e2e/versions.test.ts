import { randomBytes } from 'node:crypto';
import { expect, inject, test } from 'vitest';
import { fullSyncScheduleId, fullSyncWorkflowId, syncWorkflowId } from '../../src/domain/names.ts';
import { runCommand } from '../../src/dev/processes/command.ts';
import { startFullSync } from '../../src/temporal/start.ts';
import { ensureSchedules } from '../../src/temporal/schedules.ts';
import { checkTemporal } from '../../src/doctor/temporal.ts';
import { eventually } from '../support/poll.ts';
import { startImpatientServer } from './impatient-server.ts';
import { createSystem } from './setup.ts';

/*
 * Two versions of the worker at once, as in a rolling deployment. The server asks for continue-as-new early, so that what is
 * pinned has to stay so across runs.
 */

const address = await startImpatientServer();
const system = await createSystem({ RETRY_INTERVAL: '2s', RETRY_MAX_INTERVAL: '2s' }, address);
const { control, config, temporal } = system;
const { client } = temporal;
const TEMPORAL_DEPLOYMENT_NAME = `kombo-sync-${randomBytes(4).toString('hex')}`;

const startVersion = (TEMPORAL_WORKER_BUILD_ID: string) =>
  system.worker({
    config: { ...config, TEMPORAL_DEPLOYMENT_NAME, TEMPORAL_WORKER_BUILD_ID },
    chunkMs: 0,
  });

/** The command of the runbook. It fails until the worker of that version has been seen. */
const makeCurrent = (buildId: string) =>
  eventually(
    async () => {
      const command = 'worker deployment set-current-version --yes --deployment-name'.split(' ');
      const version = [TEMPORAL_DEPLOYMENT_NAME, '--build-id', buildId, '--address', address];
      return (await runCommand(inject('temporalCli'), [...command, ...version])).ok;
    },
    { timeoutMs: 30_000 },
  );

const versionOf = async (workflowId: string, runId?: string) => {
  const { raw } = await client.workflow.getHandle(workflowId, runId).describe();
  return raw.workflowExecutionInfo?.versioningInfo?.deploymentVersion?.buildId;
};

const doctorSays = async () => {
  const { checks } = await checkTemporal(config, 5_000);
  return checks.filter(({ name }) => name.startsWith('Worker'));
};

test(
  'a rolling deployment loses no webhook: full syncs end where they began, everything else moves',
  { timeout: 180_000 },
  async () => {
    const first = await startVersion('one');
    await system.server();
    await eventually(async () =>
      (await doctorSays()).some(({ status, message }) => status === 'fail' && /no version/.test(message)),
    );
    await makeCurrent('one');
    const [busy, failing, long] = [
      system.integration(),
      system.integration({ records: { lms_users: 300 } }),
      system.integration({ records: { lms_users: 3_000 } }),
    ];
    for (const id of [busy, failing, long]) await system.firstSync(id);
    expect(await versionOf(syncWorkflowId(busy))).toBe('one');

    // A run that waits for the next try of what fails, a full sync under way, and webhooks all the while.
    const fault = control.addFault({
      kind: 'repeat-cursor',
      integration: failing,
      endpoint: '/lms/users',
      count: 'always',
    });
    const users = control.ids(failing, 'lms_users');
    control.update(failing, 'lms_users', users, { name: 'after the failure' });
    await control.flushWebhook(failing);
    await eventually(async () => (await system.debts(failing)).get('/lms/users')?.delta?.failure);
    control.addFault({ kind: 'delay', ms: 300, integration: long, endpoint: '/lms/users', count: 'always' });
    const { runId } = await startFullSync(client, config, { integrationId: long, models: ['lms_users'] });
    await eventually(async () => (await versionOf(fullSyncWorkflowId(long), runId)) === 'one');
    const over = new AbortController();
    const stream = async () => {
      const [course] = control.ids(busy, 'lms_courses') as [string];
      let times = 0;
      for (; !over.signal.aborted || times < 5; times += 1) {
        control.update(busy, 'lms_courses', course, { remote_id: `v${times}` });
        expect((await control.flushWebhook(busy))?.statuses ?? [200]).toEqual([200]);
        await system.arrives(busy, 'lms_courses', course, `v${times}`);
      }
      return times;
    };
    const streaming = stream();

    const second = await startVersion('two');
    await makeCurrent('two');
    // Both run now. What waits for its next try moves, though the worker that began it is still there.
    await eventually(async () => (await versionOf(syncWorkflowId(failing))) === 'two', { timeoutMs: 30_000 });
    expect((await client.workflow.getHandle(syncWorkflowId(failing)).describe()).status.name).toBe('RUNNING');
    control.removeFault(fault);
    await eventually(async () => (await system.differences(failing)).length === 0);

    // The full sync goes on where it began, from one run to the next.
    await eventually(
      async () => {
        const { status } = await client.workflow.getHandle(fullSyncWorkflowId(long)).describe();
        return status.name === 'COMPLETED';
      },
      { timeoutMs: 60_000 },
    );
    // The list of runs follows what happens to them a moment later.
    const chain = await eventually(async () => {
      const found: (string | null | undefined)[] = [];
      for await (const run of client.workflow.list({ query: `WorkflowId = '${fullSyncWorkflowId(long)}'` })) {
        found.push(await versionOf(run.workflowId, run.runId));
      }
      return found.length > 1 && found;
    });
    expect(new Set(chain)).toEqual(new Set(['one']));
    over.abort();
    expect(await streaming).toBeGreaterThan(4);
    expect((await doctorSays()).map(({ status }) => status)).not.toContain('fail');

    // Nothing needs the old version any more.
    await first.stop();
    await system.firstSync(system.integration());
    await system.settled(failing);
    expect(await system.differences(busy)).toEqual([]);
    // What a schedule starts begins on the current version, whichever one was current when it was made.
    await ensureSchedules(client, config, { id: busy, tool: 'bombohr', category: 'LMS' });
    await client.schedule.getHandle(fullSyncScheduleId(busy)).trigger('SKIP');
    const scheduled = await eventually(async () => {
      const { info } = await client.schedule.getHandle(fullSyncScheduleId(busy)).describe();
      return info.recentActions.at(-1)?.action.workflow.workflowId ?? false;
    });
    await client.workflow.getHandle(scheduled).result();
    expect(await versionOf(scheduled)).toBe('two');
    await second.stop();
  },
);
