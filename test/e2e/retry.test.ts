import { describe, expect, test } from 'vitest';
import type { Debt, Failure } from '../../src/domain/decide.ts';
import { addIntegration } from '../../src/operations/integrations.ts';
import { cancelSyncs, fullSync, syncNow } from '../../src/operations/syncs.ts';
import type { DebtKind } from '../../src/domain/reads.ts';
import { catchUpScheduleId, syncWorkflowId } from '../../src/domain/names.ts';
import type { SyncState } from '../../workflows/messages.ts';
import { eventually } from '../support/poll.ts';
import { accepted, createSystem, each, type System } from './setup.ts';

/** Has short pauses; a timer waits for at least a second. */
const system = await createSystem({
  RETRY_INTERVAL: '200ms',
  RETRY_MAX_INTERVAL: '1s',
  CATCH_UP_INTERVAL: '6h',
});
/** This one also gives up soon. */
const hasty = await createSystem({
  RETRY_INTERVAL: '200ms',
  RETRY_MAX_INTERVAL: '1h',
  RETRY_GIVE_UP: '100ms',
  CATCH_UP_INTERVAL: '6h',
});
await Promise.all([system.worker(), hasty.worker()]);
await Promise.all([system.server(), hasty.server()]);
const { client } = system.temporal;

const USERS = '/lms/users';
/** Two pages of users. The second one fails every time while the fault exists. */
const PAGES = { records: { lms_users: 300 } };
const fail = (of: System, id: string): number =>
  of.control.addFault({ kind: 'repeat-cursor', integration: id, endpoint: USERS, count: 'always' });

/** The debts of the users. */
const owed = async (of: System, id: string): Promise<Partial<Record<DebtKind, Debt>>> =>
  (await of.debts(id)).get(USERS) ?? {};
const failed = (of: System, id: string, times = 1): Promise<Failure> =>
  eventually(async () => {
    const failure = Object.values(await owed(of, id)).find((debt) => debt.failure)?.failure;
    return failure && failure.failures >= times ? failure : undefined;
  });
const healed = (of: System, id: string) =>
  eventually(async () => Object.values(await owed(of, id)).length === 0);

const run = (id: string) => client.workflow.getHandle(syncWorkflowId(id));
const stateOfRun = (id: string) => run(id).query<SyncState>('syncState');
const retrying = (id: string) =>
  eventually(async () => {
    const state = await stateOfRun(id);
    return state.phase === 'retrying' && state;
  });
const requests = (of: System, id: string) => of.control.requests({ integrationId: id, path: USERS });

describe.concurrent('(I10) an endpoint that fails', () => {
  test('holds up nothing else, is visible, is tried again by itself, and heals', async () => {
    const { control } = system;
    const id = system.integration(PAGES);
    const fault = fail(system, id);
    await accepted(control.announce(id, 'integration-created'));
    expect(await failed(system, id)).toMatchObject({ code: 'CursorRepeated', needsAttention: false });
    expect(await retrying(id)).toMatchObject({
      retryAt: expect.any(String) as string,
      outcomes: expect.arrayContaining([
        expect.objectContaining({ endpoint: USERS, status: 'failed' }),
        expect.objectContaining({ endpoint: '/lms/courses', status: 'completed' }),
      ]) as SyncState['outcomes'],
    });
    const { [USERS]: _, ...others } = each(1);
    expect(await system.fullPasses(id)).toEqual(others);

    // Webhooks are served meanwhile, for the failing endpoint too as far as it can be read.
    const [user, course] = [control.ids(id, 'lms_users')[0]!, control.ids(id, 'lms_courses')[0]!];
    control.update(id, 'lms_users', user, { remote_id: 'later' });
    control.update(id, 'lms_courses', course, { remote_id: 'at once' });
    await accepted(control.flushWebhook(id));
    await system.arrives(id, 'lms_courses', course, 'at once');
    const [first, again] = [await failed(system, id, 2), await failed(system, id, 3)];
    expect(again.since).toEqual(first.since);

    control.removeFault(fault);
    await healed(system, id);
    expect(await system.settled(id)).toMatchObject({ status: 'completed', failed: [] });
    expect(await system.fullPasses(id)).toEqual(each(1));
    expect(await system.differences(id)).toEqual([]);
    expect(await owed(system, id)).toEqual({});
  });

  test('needs you after RETRY_GIVE_UP: no timer is left, but you and the catch-up still try it', async () => {
    const { control } = hasty;
    const id = hasty.integration(PAGES);
    const fault = fail(hasty, id);
    await accepted(control.announce(id, 'integration-created'));
    expect(await hasty.settled(id)).toMatchObject({
      status: 'partial',
      failed: [USERS],
      endpoints: { [USERS]: { status: 'failed', reason: { code: 'CursorRepeated' } } },
    });
    expect(await owed(hasty, id)).toMatchObject({
      full: { failure: { failures: 2, needsAttention: true, givenUp: true } },
    });

    // A webhook about it is news: a delta reads from the start of the listing, and the run that serves it ends.
    const [user] = control.ids(id, 'lms_users') as [string];
    control.update(id, 'lms_users', user, { remote_id: 'news' });
    await accepted(control.flushWebhook(id));
    await hasty.arrives(id, 'lms_users', user, 'news');
    expect(await hasty.settled(id)).toMatchObject({ failed: [USERS] });

    const { failures } = await failed(hasty, id);
    await syncNow(hasty.operator, id, {});
    expect(await hasty.settled(id)).toMatchObject({ status: 'partial', failed: [USERS] });
    expect(await owed(hasty, id)).toMatchObject({
      full: { failure: { failures: failures + 1, needsAttention: true } },
    });

    control.removeFault(fault);
    await client.schedule.getHandle(catchUpScheduleId(id)).trigger();
    await healed(hasty, id);
    expect(await hasty.fullPasses(id)).toEqual(each(1));
    expect(await hasty.differences(id)).toEqual([]);
  });

  test('needs you at once if trying again cannot help, and is still tried again', async () => {
    const { control } = system;
    const id = system.integration();
    const fault = control.addFault({
      kind: 'error',
      code: 'PLATFORM.INPUT_INVALID',
      integration: id,
      endpoint: USERS,
      count: 'always',
    });
    await accepted(control.announce(id, 'integration-created'));
    expect(await failed(system, id)).toMatchObject({ failures: 1, needsAttention: true });
    await failed(system, id, 2);
    control.removeFault(fault);
    expect(await system.settled(id)).toMatchObject({ status: 'completed' });
    expect(await owed(system, id)).toEqual({});
  });

  test.each(['full sync', 'catch-up'])('met by a %s is tried again by sync/<id>', async (kind) => {
    const { control } = system;
    const id = system.integration(PAGES);
    await system.firstSync(id);
    control.update(id, 'lms_users', control.ids(id, 'lms_users'));
    const fault = fail(system, id);
    if (kind === 'full sync') {
      const { workflowId, runId } = await fullSync(system.operator, id, {});
      const result = await client.workflow.getHandle(workflowId, runId).result();
      expect(result).toMatchObject({ status: 'partial', failed: [USERS] });
    } else {
      await client.schedule.getHandle(catchUpScheduleId(id)).trigger();
    }
    await failed(system, id, 2);
    await retrying(id);
    control.removeFault(fault);
    await healed(system, id);
    expect(await system.settled(id)).toMatchObject({ status: 'completed' });
    expect(await system.fullPasses(id)).toEqual(each(kind === 'full sync' ? 2 : 1));
    expect(await system.differences(id)).toEqual([]);
    expect(await owed(system, id)).toEqual({});
  });

  test('(I22) is cancelled like any read, and the next sync tries it', async () => {
    const { control } = system;
    const id = system.integration(PAGES);
    const fault = fail(system, id);
    await accepted(control.announce(id, 'integration-created'));
    await failed(system, id);
    await retrying(id);
    expect(await cancelSyncs(system.operator, id)).toMatchObject({ cancelled: [syncWorkflowId(id)] });
    await expect(run(id).result()).rejects.toThrow(/cancelled/i);
    expect((await run(id).describe()).status.name).toBe('CANCELLED');
    control.removeFault(fault);
    await eventually(async () => ((await owed(system, id)).full?.dueAt ?? new Date(0)) < new Date());
    await system.tell(id, ['lms_courses']);
    await system.settled(id);
    expect(await system.fullPasses(id)).toEqual(each(1));
    expect(await system.differences(id)).toEqual([]);
  });
});

test.concurrent(
  '(I9) (I15) a failed full pass resumes where it stopped, and changes meanwhile arrive',
  async () => {
    const { control } = system;
    const id = system.integration({ records: { lms_users: 700 } });
    await system.firstSync(id);
    const users = control.ids(id, 'lms_users');
    const gone = [users[0]!, users[600]!];
    control.vanish(id, 'lms_users', gone);
    const before = requests(system, id).length;
    // From the third page on, every try fails.
    const fault = control.addFault({
      kind: 'error',
      code: 'INTEGRATION.QA_FAILED',
      integration: id,
      endpoint: USERS,
      nth: 3,
      count: 'always',
    });
    const { workflowId, runId } = await fullSync(system.operator, id, { models: ['lms_users'] });
    expect(await client.workflow.getHandle(workflowId, runId).result()).toMatchObject({ status: 'failed' });
    control.removeFault(fault);
    control.update(id, 'lms_users', users[1]!, { remote_id: 'on a page that was read' });
    await accepted(control.flushWebhook(id));
    await system.arrives(id, 'lms_users', users[1]!, 'on a page that was read');
    await system.settled(id);

    expect(await system.differences(id)).toEqual([]);
    expect(await system.fullPasses(id)).toMatchObject({ [USERS]: 2 });
    expect(await owed(system, id)).toEqual({});
    const { rows } = await system.store.pool.query<{ id: string }>(
      `select id from kombo.lms_users where integration_id = $1 and deleted_at is not null`,
      [id],
    );
    expect(new Set(rows.map((row) => row.id))).toEqual(new Set(gone));
    // Without a window: the full pass. Its first two pages were asked for once each.
    const full = requests(system, id)
      .slice(before)
      .filter(({ query }) => !query['updated_after'] && !query['ids']);
    const [first, second, ...others] = full.map(({ query }) => query['cursor']);
    expect(first).toBeUndefined();
    expect(new Set(others).size).toBe(1);
    expect(others).not.toContain(second);
    expect(others).not.toContain(undefined);
  },
);

describe.concurrent('(I21) an integration that Kombo still sets up', () => {
  test.each(['a webhook', 'you'])(
    'brought by %s is looked up again until it can be read, although no webhook reports it',
    async (by) => {
      const { control } = system;
      const id = system.integration({ setupStatus: 'FINAL_SYNC_PENDING' });
      if (by === 'a webhook') await accepted(control.announce(id, 'integration-created'));
      else await addIntegration(system.operator, id, { sync: true });
      const looks = () => control.requests({ path: `/integrations/${encodeURIComponent(id)}` }).length;
      await eventually(() => looks() >= 3);
      expect(await system.known(id)).toMatchObject({ status: 'parked', statusCode: 'SETUP_SYNC_PENDING' });
      expect(system.reads(id)).toEqual([]);
      control.setIntegration(id, { setupStatus: 'COMPLETED' });
      await system.settled(id);
      expect(await system.known(id)).toMatchObject({ status: 'active' });
      expect(await system.fullPasses(id)).toEqual(each(1));
      expect(await system.differences(id)).toEqual([]);
    },
  );

  test('and that refuses reads is tried again in the same way', async () => {
    const { control } = system;
    const id = system.integration();
    control.setIntegration(id, { readError: 'INTEGRATION.SETUP_SYNC_PENDING' });
    await accepted(control.announce(id, 'integration-created'));
    const parked = await eventually(async () => {
      const known = await system.known(id);
      return known?.status === 'parked' && known;
    });
    expect(parked).toMatchObject({ statusCode: 'INTEGRATION.SETUP_SYNC_PENDING', needsAttention: false });
    control.setIntegration(id, { readError: null });
    await eventually(async () => (await system.known(id))?.status === 'active');
    await system.settled(id);
    expect(await system.fullPasses(id)).toEqual(each(1));
    expect(await system.differences(id)).toEqual([]);
  });
});
