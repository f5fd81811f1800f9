import { WorkflowNotFoundError } from '@temporalio/client';
import { describe, expect, test } from 'vitest';
import { createRandom } from '../../sandbox/random.ts';
import { pauseIntegration, resumeIntegration } from '../../src/operations/integrations.ts';
import { cancelSyncs, fullSync, syncNow } from '../../src/operations/syncs.ts';
import { fullSyncScheduleId, fullSyncWorkflowId, syncWorkflowId } from '../../src/domain/names.ts';
import { describeSchedule } from '../../src/temporal/schedule-state.ts';
import { eventually } from '../support/poll.ts';
import { accepted, createSystem, each } from './setup.ts';

// No timer or schedule reads anything here.
const system = await createSystem();
const { control, operator, temporal } = system;
await system.worker();
await system.server();

async function owed(id: string): Promise<Record<string, string>> {
  const debts = [...(await system.debts(id))];
  return Object.fromEntries(debts.map(([endpoint, kinds]) => [endpoint, Object.keys(kinds).join(' ')]));
}

const isRunning = async (workflowId: string): Promise<boolean> => {
  try {
    return (await temporal.client.workflow.getHandle(workflowId).describe()).status.name === 'RUNNING';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
};
/** No workflow runs for the integration. */
const idle = (id: string) =>
  eventually(
    async () => !(await isRunning(syncWorkflowId(id))) && !(await isRunning(fullSyncWorkflowId(id))),
    { timeoutMs: 40_000 },
  );

/** Not skills: courses hold copies of them, which no delta refreshes. */
const CHANGED = ['lms_users', 'lms_courses'] as const;

/** Changes every record of a table, and reports it. */
async function change(id: string, table: string, value: string): Promise<void> {
  control.update(id, table, control.ids(id, table), { remote_id: value });
  await accepted(control.flushWebhook(id));
}

/** Longer than it takes to cancel a sync, short enough not to hold up the end of the file. */
const STALL_MS = 8_000;

/** Starts something, and waits until a read of an endpoint hangs in it. */
async function stalled(id: string, endpoint: string, start: () => Promise<unknown>): Promise<void> {
  control.addFault({ kind: 'stall', ms: STALL_MS, integration: id, endpoint });
  const before = system.reads(id).length;
  await start();
  await eventually(() => system.reads(id).slice(before).includes(endpoint));
}

describe.concurrent('(I22) pause and resume', () => {
  test('a pause cancels a running sync and keeps webhooks; a resume reads exactly what was missed', async () => {
    const id = system.integration();
    await system.firstSync(id);
    await stalled(id, '/lms/users', () => change(id, 'lms_users', 'interrupted'));
    const { cancelled } = await pauseIntegration(operator, id, 'audit');
    expect(cancelled).toEqual([syncWorkflowId(id)]);
    await idle(id);
    expect(await owed(id)).toEqual({ '/lms/users': 'delta' });
    expect((await describeSchedule(temporal.client, id)).fullSync).toMatchObject({
      paused: true,
      note: 'kombo-sync: paused',
    });

    const before = system.reads(id).length;
    await change(id, 'lms_courses', 'while paused');
    expect(await system.settled(id)).toMatchObject({ blocked: { code: 'Paused' } });
    expect(system.reads(id)).toHaveLength(before);

    expect(await resumeIntegration(operator, id)).toMatchObject({ resumed: true });
    await idle(id);
    expect(await system.differences(id)).toEqual([]);
    expect(new Set(system.reads(id).slice(before))).toEqual(new Set(['/lms/users', '/lms/courses']));
    expect(await owed(id)).toEqual({});
    expect((await describeSchedule(temporal.client, id)).fullSync).toMatchObject({ paused: false });
  });

  test('a resume right after a pause leaves nothing unread, of a sync and of a full sync', async () => {
    await Promise.all(
      Array.from({ length: 5 }, async () => {
        const id = system.integration();
        await system.firstSync(id);
        await stalled(id, '/lms/skills', () => fullSync(operator, id, {}));
        await stalled(id, '/lms/users', () => change(id, 'lms_users', 'interrupted'));
        await pauseIntegration(operator, id, 'oops');
        await resumeIntegration(operator, id);
        await eventually(async () => (await system.differences(id)).length === 0);
        await eventually(async () => Object.keys(await owed(id)).length === 0);
        await idle(id);
        expect(await system.fullPasses(id)).toMatchObject({ '/lms/skills': 2 });
      }),
    );
  });

  test('a schedule that you paused in Temporal stays paused', async () => {
    const id = system.integration();
    await system.firstSync(id);
    const schedule = temporal.client.schedule.getHandle(fullSyncScheduleId(id));
    await schedule.pause('holidays');
    await pauseIntegration(operator, id, 'audit');
    await resumeIntegration(operator, id);
    expect((await describeSchedule(temporal.client, id)).fullSync).toMatchObject({
      paused: true,
      note: 'holidays',
    });
  });
});

describe.concurrent('(I22) cancelling', () => {
  test('at the moment of a webhook loses no acknowledged delivery', async () => {
    const id = system.integration();
    await system.firstSync(id);
    for (let round = 0; round < 12; round += 1) {
      const table = CHANGED[round % CHANGED.length]!;
      await Promise.all([change(id, table, `round ${round}`), cancelSyncs(operator, id)]);
      if (round % 4 !== 3) continue;
      await idle(id);
      const missing = await system.differences(id);
      expect(missing.length === 0 || Object.keys(await owed(id)).length > 0).toBe(true);
    }
    await system.tell(id, ['lms_skills']);
    await idle(id);
    expect(await system.differences(id)).toEqual([]);
    expect(await owed(id)).toEqual({});
  });

  test('a cancelled full sync is owed, and continues where it stopped', async () => {
    const id = system.integration({ records: { lms_users: 700 } });
    await system.firstSync(id);
    control.addFault({ kind: 'stall', ms: STALL_MS, integration: id, endpoint: '/lms/users', nth: 3 });
    const requests = () => control.requests({ integrationId: id, path: '/lms/users' });
    const before = requests().length;
    await fullSync(operator, id, { models: ['lms_users'] });
    await eventually(() => requests().length === before + 3);
    expect(await cancelSyncs(operator, id)).toEqual({
      integrationId: id,
      cancelled: [fullSyncWorkflowId(id)],
    });
    await idle(id);
    expect(await owed(id)).toEqual({ '/lms/users': 'full' });
    await system.tell(id, ['lms_skills']);
    await eventually(async () => (await system.fullPasses(id))['/lms/users'] === 2);
    await idle(id);
    expect(await owed(id)).toEqual({});
    const full = requests()
      .slice(before)
      .filter(({ query }) => !query['updated_after']);
    expect(full.filter(({ query }) => query['cursor'] === undefined)).toHaveLength(1);
    expect(full).toHaveLength(4);
  });
});

test.concurrent(
  '(I22) (I16) after a pause and a resume the copy equals Kombo, no matter what happens at the same time',
  { timeout: 150_000 },
  async () => {
    const seed = 20_261_124;
    const random = createRandom(seed);
    const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
    const id = system.integration({ records: { lms_users: 40 } });
    await system.firstSync(id);
    let changes = 0;
    const webhook = async () => {
      const table = pick(CHANGED);
      const ids = control.ids(id, table);
      changes += 1;
      const act = pick(['update', 'update', 'create', 'delete']);
      if (act === 'update') control.update(id, table, pick(ids), { remote_id: `change ${changes}` });
      else if (act === 'create') control.create(id, table);
      else if (ids.length > 2) control.tombstone(id, table, pick(ids));
      await accepted(control.flushWebhook(id));
    };
    const acts: (() => Promise<unknown>)[] = [
      webhook,
      webhook,
      webhook,
      () => pauseIntegration(operator, id, 'at random'),
      () => resumeIntegration(operator, id),
      () => resumeIntegration(operator, id),
      () => cancelSyncs(operator, id),
      // Refused while it is paused.
      () => syncNow(operator, id, {}).catch(() => {}),
      () => fullSync(operator, id, {}).catch(() => {}),
    ];
    for (let round = 0; round < 25; round += 1) {
      if (random() < 0.3)
        control.addFault({
          kind: 'delay',
          ms: 200,
          integration: id,
          endpoint: `/lms/${pick(['users', 'courses'])}`,
        });
      await Promise.all(Array.from({ length: 2 + Math.floor(random() * 4) }, () => pick(acts)()));
    }
    await pauseIntegration(operator, id, 'the end');
    await resumeIntegration(operator, id);
    const same = async () =>
      (await system.differences(id)).length === 0 && Object.keys(await owed(id)).length === 0;
    // Twenty-five rounds of work may be left to a busy machine.
    await eventually(same, { timeoutMs: 90_000 }).catch(async () => {
      const left = { seed, differences: await system.differences(id), owed: await owed(id) };
      throw new Error(`The copy does not become equal: ${JSON.stringify(left)}`);
    });
    await idle(id);
    expect(await system.known(id)).toMatchObject({ status: 'active' });
    expect(Object.keys(await system.fullPasses(id))).toEqual(expect.arrayContaining(Object.keys(each(1))));
    expect(await system.differences(id)).toEqual([]);
  },
);
