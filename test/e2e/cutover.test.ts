import { expect, test } from 'vitest';
import type { CutoverCheck } from '../../src/domain/cutover.ts';
import { cutoverReport } from '../../src/operations/cutover.ts';
import { pauseIntegration, resumeIntegration } from '../../src/operations/integrations.ts';
import { fullSync } from '../../src/operations/syncs.ts';
import { createTestStore } from '../support/database.ts';
import { eventually } from '../support/poll.ts';
import { accepted, createSystem } from './setup.ts';

// Without the overlap, all that a full sync has to repair is drift.
const system = await createSystem({ WATERMARK_OVERLAP: '0s' });
const { control, operator, store } = system;
await system.worker();
const legacyOff = await system.server({ config: { ...system.config, LEGACY_WEBHOOKS: false } });
await system.server();
const EVERY = [...control.subscription(), 'sync-finished', 'remote-event-received'] as const;
control.subscribe(EVERY);

/** The verdict, and the failed checks with their messages. */
async function judge(id: string): Promise<Record<string, string>> {
  const { integrations } = await cutoverReport(operator, { id });
  const { verdict, checks } = integrations[0]!;
  const inTheWay = checks.filter((check) => check.verdict !== 'ready');
  return { verdict, ...Object.fromEntries(inTheWay.map(({ name, verdict: worse }) => [name, worse])) };
}
const judged = async (id: string, expected: Record<string, string>) =>
  eventually(async () => JSON.stringify(await judge(id)) === JSON.stringify(expected)).catch(async () =>
    expect(await judge(id)).toEqual(expected),
  );
const check = async (id: string, name: CutoverCheck['name']) =>
  (await cutoverReport(operator, { id })).integrations[0]!.checks.find((entry) => entry.name === name)!;

/** A sync at Kombo that brought a change, reported by these webhooks. */
async function synced(id: string, lose?: 'sync-finished' | 'data-changed'): Promise<void> {
  control.update(id, 'lms_users', control.ids(id, 'lms_users')[0]!);
  for (const result of await control.finishSync(id, { lose })) await accepted(Promise.resolve(result));
  await system.settled(id);
}

/** A new integration with schedules and a full read, for which webhooks of both families have come. */
async function ready(spec: Parameters<typeof system.integration>[0] = {}): Promise<string> {
  const id = system.integration(spec);
  await system.firstSync(id);
  await synced(id);
  await judged(id, { verdict: 'ready' });
  return id;
}

/** A full sync, from its start to its end. */
async function readAll(id: string): Promise<void> {
  const { workflowId, runId } = await fullSync(operator, id, {});
  await system.temporal.client.workflow.getHandle(workflowId, runId).result();
}

/** Makes everything about an integration so much older. */
const age = async (id: string, minutes: number) =>
  store.pool.query(
    `update kombo_sync.sync_deliveries set first_at = first_at - $2 * interval '1 minute', last_at = last_at - $2 * interval '1 minute'
     where integration_id = $1`,
    [id, minutes],
  );

test.concurrent(
  '(I24) it waits until both families of webhooks have reported a change, and then it is ready',
  async () => {
    const id = system.integration();
    await accepted(control.announce(id, 'integration-created'));
    await system.settled(id);
    await judged(id, { verdict: 'wait', evidence: 'wait' });
    await system.tell(id, ['lms_users']);
    await system.settled(id);
    // Legacy webhooks without a change show nothing yet.
    await accepted(control.remoteEvent(id));
    await system.settled(id);
    await judged(id, { verdict: 'wait', evidence: 'wait' });
    await synced(id);
    await judged(id, { verdict: 'ready' });
    expect((await check(id, 'schedule')).message).toMatch(/next full sync runs at 20/);
  },
);

test('(I24) without an integration, nothing is ready', async () => {
  const empty = { ...operator, store: await createTestStore() };
  expect(await cutoverReport(empty)).toMatchObject({ verdict: 'wait', integrations: [] });
});

test.concurrent('(I24) it is blocked by a change that no data-changed reported', async () => {
  const id = await ready();
  await age(id, 30);
  await synced(id, 'data-changed');
  // It may still come.
  await judged(id, { verdict: 'wait', evidence: 'wait' });
  await age(id, 11);
  await judged(id, { verdict: 'blocked', evidence: 'blocked' });
  expect(await check(id, 'evidence')).toMatchObject({
    message: expect.stringMatching(/1 of the last 2 syncs/) as string,
    remedy: expect.stringMatching(/subscribe the webhook to data-changed/) as string,
  });
});

test.concurrent(
  '(I24) evidence expires, unless syncs after legacy webhooks show that nothing has changed',
  async () => {
    const id = await ready();
    await age(id, 8 * 24 * 60);
    // Deliveries are counted once a second, so the last count may not be stored yet.
    await eventually(async () => {
      await store.pool.query(
        `update kombo_sync.deliveries set first_at = now() - interval '8 days', last_at = now() - interval '8 days'
       where integration_id = $1`,
        [id],
      );
      return (await judge(id))['evidence'] === 'wait';
    });
    expect((await check(id, 'evidence')).message).toMatch(/nothing shows that data-changed still comes/);
    await accepted(control.remoteEvent(id));
    await system.settled(id);
    await judged(id, { verdict: 'ready' });
  },
);

test.concurrent('(I24) unexpected drift blocks it until a full sync finds none', async () => {
  const id = await ready();
  const [user] = control.ids(id, 'lms_users').slice(-1) as [string];
  await store.pool.query('delete from kombo.lms_users where integration_id = $1 and id = $2', [id, user]);
  await readAll(id);
  await judged(id, { verdict: 'blocked', drift: 'blocked' });
  expect(await system.differences(id)).toEqual([]);
  await readAll(id);
  await judged(id, { verdict: 'ready' });
});

test.concurrent('(I24) a paused or parked integration blocks it, until it is read again', async () => {
  const id = await ready();
  await pauseIntegration(operator, id, 'audit');
  await judged(id, { verdict: 'blocked', state: 'blocked', schedule: 'blocked' });
  await resumeIntegration(operator, id);
  await system.settled(id);
  await judged(id, { verdict: 'ready' });
  control.setIntegration(id, { status: 'INVALID' });
  await accepted(control.announce(id, 'integration-state-changed'));
  await system.settled(id);
  await judged(id, { verdict: 'blocked', state: 'blocked' });
  expect((await check(id, 'state')).message).toMatch(/parked: The tool refuses Kombo's credentials/);
  control.setIntegration(id, { status: 'ACTIVE' });
  await accepted(control.announce(id, 'integration-state-changed'));
  await system.settled(id);
  await judged(id, { verdict: 'ready' });
});

test.concurrent('(I24) an endpoint that fails makes it wait, one that needs you blocks it', async () => {
  const id = await ready({ records: { lms_users: 300 } });
  const users = { integration: id, endpoint: '/lms/users', count: 'always' } as const;
  const faults = [
    ['blocked', { ...users, kind: 'error', code: 'PLATFORM.INPUT_INVALID' }],
    ['wait', { ...users, kind: 'repeat-cursor' }],
  ] as const;
  for (const [verdict, fault] of faults) {
    const number = control.addFault(fault);
    await readAll(id);
    await judged(id, { verdict, endpoints: verdict });
    expect((await check(id, 'endpoints')).message).toMatch(/^\/lms\/users /);
    control.removeFault(number);
    await readAll(id);
    await judged(id, { verdict: 'ready' });
  }
});

test.concurrent('(I24) an endpoint that the tool does not offer does not block it', async () => {
  const id = system.integration();
  control.setModelProblem(id, 'lms_skills', 'INTEGRATION.MODEL_NOT_AVAILABLE');
  control.setModelProblem(id, 'lms_course_progressions', 'INTEGRATION.MODEL_DISABLED');
  await system.firstSync(id);
  await synced(id);
  await judged(id, { verdict: 'ready' });
  expect(system.reads(id)).not.toContain('/lms/skills');
});

test('(I24) the report has the worst verdict, and says if Kombo still sends legacy webhooks that are switched off', async () => {
  const off = { ...operator, config: { ...operator.config, LEGACY_WEBHOOKS: false } };
  const [good, paused] = [await ready(), await ready()];
  await pauseIntegration(operator, paused, 'audit');
  const report = await cutoverReport(operator, {});
  const verdicts = new Map(report.integrations.map((one) => [one.integrationId, one.verdict]));
  expect([verdicts.get(good), verdicts.get(paused), report.verdict]).toEqual(['ready', 'blocked', 'blocked']);
  expect(report.counts.ready + report.counts.wait + report.counts.blocked).toBe(verdicts.size);
  expect(report).toMatchObject({
    legacy: { mode: 'on', ignoredSince: null },
    message: expect.stringMatching(/^Not safe/) as string,
  });
  expect((await cutoverReport(operator, { id: good })).message).toMatch(/^Ready\. Set LEGACY_WEBHOOKS=off/);
  expect((await cutoverReport(off, { id: good })).message).toMatch(/The cutover is done/);

  const before = await system.syncs(good);
  const url = `${legacyOff.url}/webhooks/kombo`;
  control.update(good, 'lms_users', control.ids(good, 'lms_users')[0]!);
  expect(await control.finishSync(good, { url })).toMatchObject([{ statuses: [200] }, { statuses: [200] }]);
  await system.settled(good);
  // The change has come by data-changed alone.
  expect((await system.syncs(good)).slice(before.length)).toMatchObject([{ endpoints: ['/lms/users'] }]);
  const { message } = await eventually(async () => {
    const seen = await cutoverReport(off, { id: good });
    return seen.legacy.ignoredSince !== null && seen;
  });
  expect(message).toMatch(/off, and Kombo still sends sync-finished: last at 20.*Unsubscribe/);

  control.setEnabled(good, false);
  await accepted(control.announce(good, 'integration-deleted'));
  await system.settled(good);
  expect(
    (await cutoverReport(operator, {})).integrations.map(({ integrationId }) => integrationId),
  ).not.toContain(good);
  await expect(cutoverReport(operator, { id: 'demo:nowhere' })).rejects.toMatchObject({
    refusal: 'not-found',
  });
});
