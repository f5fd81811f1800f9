import { describe, expect, test } from 'vitest';
import { cancelSyncs, fullSync, syncNow } from '../../src/operations/syncs.ts';
import { eventually } from '../support/poll.ts';
import { createLiveSystem, SOON_MS } from './live.ts';
import { accepted } from './setup.ts';
import { statesFromPasses } from '../support/states.ts';

/*
 * Healthy parts are read soon while other parts fail (invariant I25). Each test breaks one part, changes a record of
 * another part, and waits for the row.
 */
const { system, debt: debtOf, isOwed, integration, change } = await createLiveSystem();
const { control, store, temporal } = system;

const USERS = '/lms/users';
const COURSES = '/lms/courses';
const always = { count: 'always' } as const;
const debt = (id: string, endpoint = USERS) => debtOf(id, endpoint);

describe.concurrent('(I25) a debt blocks nothing else', () => {
  test('a full read that always fails before its end, while deltas work', async () => {
    const id = await integration(300);
    const fault = control.addFault({
      kind: 'status',
      status: 500,
      integration: id,
      endpoint: USERS,
      reads: 'full',
      nth: 2,
      ...always,
    });
    await fullSync(system.operator, id, { models: ['lms_users'] });
    await eventually(async () => (await debt(id)).full?.failure);
    await expect(change(id, 'lms_users')).resolves.toBe(true);
    await expect(change(id, 'lms_users')).resolves.toBe(true);
    control.removeFault(fault);
    await eventually(async () => !(await isOwed(id)), { timeoutMs: 60_000 });
    expect(await system.differences(id)).toEqual([]);
  });

  test('a sweep whose request by ids is refused', async () => {
    const id = await integration();
    control.vanish(id, 'lms_users', control.ids(id, 'lms_users').slice(-1));
    const fault = control.addFault({
      kind: 'error',
      code: 'PLATFORM.INPUT_INVALID',
      integration: id,
      endpoint: USERS,
      reads: 'ids',
      ...always,
    });
    await fullSync(system.operator, id, { models: ['lms_users'] });
    await eventually(async () => (await debt(id)).sweep?.failure);
    await expect(change(id, 'lms_users')).resolves.toBe(true);
    // It is visible for as long as it fails.
    expect(await debt(id)).toMatchObject({ sweep: { failure: { code: 'PLATFORM.INPUT_INVALID' } } });
    control.removeFault(fault);
    await eventually(async () => !(await isOwed(id)));
    expect(await system.differences(id)).toEqual([]);
  });

  test('a full read that needs you and is tried again, while a delta beside it works', async () => {
    const id = await integration(300);
    const fault = control.addFault({
      kind: 'error',
      code: 'PLATFORM.INPUT_INVALID',
      integration: id,
      endpoint: USERS,
      reads: 'full',
      nth: 2,
      ...always,
    });
    const full = await fullSync(system.operator, id, { models: ['lms_users'] });
    await expect(change(id, 'lms_users')).resolves.toBe(true);
    await temporal.client.workflow.getHandle(full.workflowId, full.runId).result();
    await expect(change(id, 'lms_users')).resolves.toBe(true);
    expect(await debt(id)).toMatchObject({ full: { failure: { needsAttention: true } } });
    control.removeFault(fault);
    await eventually(async () => !(await isOwed(id)));
  });

  test('an endpoint that the tool has just not offered: a webhook that names it is news', async () => {
    const id = await integration();
    control.addFault({
      kind: 'error',
      code: 'INTEGRATION.MODEL_NOT_AVAILABLE',
      integration: id,
      endpoint: USERS,
    });
    await system.tell(id, ['lms_users']);
    await eventually(async () => (await debt(id)).delta?.failure?.errorClass === 'EndpointDisabled');
    await eventually(async () => Date.now() - (await debt(id)).delta!.failure!.triedAt.getTime() > 1_000);
    await expect(change(id, 'lms_users')).resolves.toBe(true);
    expect(await isOwed(id)).toBe(false);
  });

  test('a 404 of one list: Kombo is asked, and the integration stays', async () => {
    const id = await integration();
    control.addFault({
      kind: 'error',
      code: 'PLATFORM.INTEGRATION_NOT_FOUND',
      integration: id,
      endpoint: USERS,
    });
    await system.tell(id, ['lms_users']);
    await eventually(async () => (await debt(id)).delta?.failure);
    await expect(change(id, 'lms_courses')).resolves.toBe(true);
    await eventually(async () => !(await isOwed(id)));
    expect(await system.known(id)).toMatchObject({ status: 'active' });
  });
});

describe.concurrent('(I25) nothing holds up another endpoint', () => {
  test.each([
    ['hangs', { kind: 'stall' }],
    ['is limited for a minute', { kind: 'rate-limit', retryAfter: 60 }],
    ['is limited for ten minutes', { kind: 'rate-limit', retryAfter: 600 }],
    ['answers 503', { kind: 'unavailable' }],
  ] as const)('one that %s', async (_what, fault) => {
    const id = await integration();
    control.addFault({ ...fault, integration: id, endpoint: USERS, ...always });
    await system.tell(id, ['lms_users']);
    await expect(change(id, 'lms_courses')).resolves.toBe(true);
    await expect(change(id, 'lms_courses')).resolves.toBe(true);
    expect(await isOwed(id)).toBe(true);
    await cancelSyncs(system.operator, id);
  });

  test('one with a long full read, which does not hold up its own changes either', async () => {
    const id = await integration(2_000);
    control.addFault({
      kind: 'delay',
      ms: 2_000,
      integration: id,
      endpoint: USERS,
      reads: 'full',
      ...always,
    });
    const full = await fullSync(system.operator, id, { models: ['lms_users'] });
    await expect(change(id, 'lms_courses')).resolves.toBe(true);
    await expect(change(id, 'lms_users')).resolves.toBe(true);
    const handle = temporal.client.workflow.getHandle(full.workflowId, full.runId);
    expect((await handle.describe()).status.name).toBe('RUNNING');
    expect(await handle.result()).toMatchObject({ status: 'completed' });
  });

  test('a full read in the same run, for example after a change that no delta shows', async () => {
    const id = await integration();
    control.addFault({
      kind: 'delay',
      ms: 3_000,
      integration: id,
      endpoint: COURSES,
      reads: 'full',
      ...always,
    });
    await store.pool.query(
      `update kombo_sync.passes set started_at = started_at - interval '1 day' where integration_id = $1`,
      [id],
    );
    await statesFromPasses(store);
    await system.tell(id, ['lms_course_providers']);
    await eventually(() => control.requests({ integrationId: id, path: COURSES }).length > 1);
    await expect(change(id, 'lms_users')).resolves.toBe(true);
    await system.settled(id);
    expect((await system.fullPasses(id))[COURSES]).toBe(2);
  });

  test('the look-up of the integration, which fails', async () => {
    const id = await integration();
    const endpoint = `/integrations/${encodeURIComponent(id)}`;
    const fault = control.addFault({ kind: 'status', status: 500, endpoint, ...always });
    await accepted(control.announce(id, 'integration-state-changed'));
    await expect(change(id, 'lms_users')).resolves.toBe(true);
    // It is visible, and tried again.
    await eventually(async () => (await debt(id, '/integrations/{id}'))['look-up']?.failure);
    await expect(change(id, 'lms_courses')).resolves.toBe(true);
    control.removeFault(fault);
    await eventually(async () => !(await isOwed(id)));
    expect(await system.settled(id)).toMatchObject({ status: 'completed' });
  });

  test('the look-up of the integration, which hangs', async () => {
    const id = await integration();
    const endpoint = `/integrations/${encodeURIComponent(id)}`;
    control.addFault({ kind: 'stall', endpoint, ...always });
    await accepted(control.announce(id, 'integration-state-changed'));
    await expect(change(id, 'lms_users')).resolves.toBe(true);
    await expect(change(id, 'lms_courses')).resolves.toBe(true);
    await cancelSyncs(system.operator, id);
  });

  test('a new integration whose look-up fails: the webhook says what it is', async () => {
    const id = system.integration();
    const endpoint = `/integrations/${encodeURIComponent(id)}`;
    const fault = control.addFault({ kind: 'status', status: 500, endpoint, ...always });
    await accepted(control.announce(id, 'integration-created'));
    await eventually(async () => (await system.fullPasses(id))[USERS] === 1, { timeoutMs: SOON_MS });
    control.removeFault(fault);
    await eventually(async () => !(await isOwed(id)));
    expect(await system.differences(id)).toEqual([]);
  });

  test('sync now by hand: it reads what can be read, also beside a failing full read', async () => {
    const id = await integration(300);
    control.addFault({
      kind: 'status',
      status: 500,
      integration: id,
      endpoint: USERS,
      reads: 'full',
      nth: 2,
      ...always,
    });
    await fullSync(system.operator, id, { models: ['lms_users'] });
    await eventually(async () => (await debt(id)).full?.failure);
    const [user] = control.ids(id, 'lms_users');
    control.update(id, 'lms_users', user!, { remote_id: 'now' });
    await syncNow(system.operator, id, { models: ['lms_users'] });
    expect(await system.arrives(id, 'lms_users', user!, 'now', SOON_MS)).toBe(true);
    await cancelSyncs(system.operator, id);
  });
});
