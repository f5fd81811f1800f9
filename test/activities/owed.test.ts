import { describe, expect, test } from 'vitest';
import { endpointStates } from '../../src/store/endpoint-states.ts';
import { findIntegration } from '../../src/store/integrations.ts';
import { createPlanner } from './planner.ts';
import { failed, failure, pass, readOnce, run } from './setup.ts';

// What is planned after a failure was written down.
const { bench, recordFailures, syncEndpoint, wholeIntegration, delta } = await createPlanner();
const { control, store } = bench;

describe('recordFailures', () => {
  test('(I6) (I10) a failed pass ends, is owed, is visible, and is tried again after its pause whatever a sync was started for', async () => {
    const id = await wholeIntegration();
    const input = pass(id);
    control.addFault({ kind: 'status', status: 400, integration: id });
    await failure(syncEndpoint, input);
    await run(recordFailures, {
      integrationId: id,
      syncId: input.syncId,
      failures: [failed('CursorRepeated')],
    });
    expect((await bench.passes(id)).at(-1)).toMatchObject({
      state: 'failed',
      error_code: 'CursorRepeated',
      error_message: 'no',
    });
    const waiting = await delta(id, ['ats_jobs']);
    expect(waiting).toMatchObject({
      skipped: [{ endpoint: '/ats/jobs', status: 'failed', reason: { code: 'CursorRepeated' } }],
      retryAt: expect.any(String) as string,
    });
    expect(waiting.passes).not.toContainEqual({ endpoint: '/ats/jobs', kind: 'delta' });
    await store.pool.query(
      `update kombo_sync.endpoint_states set due_at = now() - interval '1 second' where integration_id = $1`,
      [id],
    );
    expect(await delta(id, ['ats_offers'])).toMatchObject({
      passes: expect.arrayContaining([{ endpoint: '/ats/jobs', kind: 'delta' }]) as unknown,
    });
    await run(syncEndpoint, pass(id));
    expect((await delta(id, [])).passes).toEqual([]);
  });

  test('(I6) models that were never planned are owed', async () => {
    const id = await wholeIntegration();
    await run(recordFailures, {
      integrationId: id,
      syncId: 'x',
      failures: [],
      unservedModels: ['ats_offers', 'ats_nonsense'],
    });
    expect((await delta(id, [])).passes).toEqual((await delta(id, ['ats_offers'])).passes);
    expect((await delta(id, [])).passes).toContainEqual({ endpoint: '/ats/offers', kind: 'delta' });
  });

  test('(I6) when everything was asked for, everything is owed', async () => {
    const id = await wholeIntegration();
    const all = (await delta(id, undefined)).passes.length;
    await run(recordFailures, { integrationId: id, syncId: 'x', failures: [], unservedEverything: true });
    expect((await delta(id, [])).passes.length).toBeGreaterThanOrEqual(all);
  });

  test('a look-up that is owed is done by the next sync', async () => {
    const id = await wholeIntegration();
    control.clearRequests();
    const lookUps = () => control.requests().filter(({ path }) => path.includes('/integrations/')).length;
    await delta(id, []);
    expect(lookUps()).toBe(0);
    await run(recordFailures, { integrationId: id, syncId: 'x', failures: [], unservedLookUp: true });
    await delta(id, []);
    await delta(id, []);
    expect(lookUps()).toBe(1);
  });

  test('(I6) what is owed stays owed when a pass completes that began before', async () => {
    const id = await wholeIntegration();
    const input = pass(id);
    control.update(id, 'ats_jobs', control.ids(id, 'ats_jobs'));
    control.addFault({ kind: 'empty-page', integration: id });
    await run(bench.activities({ chunkMs: 0 }).syncEndpoint, input);
    await run(recordFailures, {
      integrationId: id,
      syncId: 'other',
      failures: [],
      unservedModels: ['ats_jobs'],
    });
    expect(bench.woken).not.toContain(id);
    expect(await run(syncEndpoint, input)).toMatchObject({ done: true });
    // Nobody else may come to read it.
    expect(bench.woken).toContain(id);
    expect((await delta(id, [])).passes).toEqual([{ endpoint: '/ats/jobs', kind: 'delta' }]);
  });

  test('(I6) a change that no delta shows is not served by going on with a full pass that began before it', async () => {
    const id = await bench.integration({ category: 'LMS', records: { lms_courses: 600 } });
    const input = pass(id, { endpoint: '/lms/courses' });
    control.addFault({ kind: 'error', code: 'PLATFORM.IP_NOT_WHITELISTED', nth: 2, integration: id });
    await failure(syncEndpoint, input);
    const cut = { ...failed('Cancelled', '/lms/courses'), kind: 'full' as const };
    await run(recordFailures, { integrationId: id, syncId: input.syncId, failures: [cut] });
    expect((await delta(id, ['lms_course_providers'])).passes).toContainEqual({
      endpoint: '/lms/courses',
      kind: 'full',
    });
    const next = pass(id, { endpoint: '/lms/courses', kind: 'full' });
    expect(await run(syncEndpoint, next)).toMatchObject({ counts: { pages: 3, records: 600, created: 350 } });
    expect((await endpointStates(store, id)).get('/lms/courses')).toMatchObject({ owed: null });
  });

  test('a parked integration says why, and is active again as soon as a read works', async () => {
    const id = await wholeIntegration();
    await run(recordFailures, {
      integrationId: id,
      syncId: 'x',
      failures: [failed('IntegrationParked')],
    });
    expect(await findIntegration(store, id)).toMatchObject({ status: 'parked', statusReason: 'no' });
    await readOnce(bench, id);
    expect(await findIntegration(store, id)).toMatchObject({ status: 'active', statusReason: null });
  });

  test('an endpoint that the tool does not offer is left out for a day, and is back when it answers', async () => {
    const id = await wholeIntegration();
    await run(recordFailures, {
      integrationId: id,
      syncId: 'x',
      failures: [failed('EndpointDisabled')],
    });
    expect(await delta(id, ['ats_jobs'])).toMatchObject({
      passes: [],
      skipped: [{ endpoint: '/ats/jobs', status: 'skipped' }],
    });
    await run(syncEndpoint, pass(id));
    expect((await endpointStates(store, id)).get('/ats/jobs')?.disabled).toBeNull();
    expect((await delta(id, ['ats_jobs'])).passes).toHaveLength(1);
  });

  test('(I6) what is named meanwhile is read as soon as it may be offered again', async () => {
    const id = await wholeIntegration();
    const disabled = { integrationId: id, syncId: 'x', failures: [failed('EndpointDisabled')] };
    // Nothing waits for it.
    expect(await run(recordFailures, disabled)).toEqual({ retryAt: null });
    const meanwhile = await delta(id, ['ats_jobs']);
    expect(meanwhile).toMatchObject({ passes: [], skipped: [{ endpoint: '/ats/jobs', status: 'skipped' }] });
    expect(meanwhile).not.toHaveProperty('retryAt');
    expect((await delta(id, [])).passes).toEqual([]);
    await store.pool.query(
      `update kombo_sync.endpoint_states set disabled_at = disabled_at - interval '1 day', due_at = due_at - interval '1 day'
       where integration_id = $1`,
      [id],
    );
    expect((await delta(id, [])).passes).toEqual([{ endpoint: '/ats/jobs', kind: 'delta' }]);
    await run(syncEndpoint, pass(id));
    expect((await delta(id, [])).passes).toEqual([]);
  });

  test('one that is gone is removed, with its schedules', async () => {
    const id = await wholeIntegration();
    await run(recordFailures, {
      integrationId: id,
      syncId: 'x',
      failures: [{ ...failed('IntegrationGone'), code: 'PLATFORM.INTEGRATION_NOT_FOUND' }],
    });
    expect(await findIntegration(store, id)).toMatchObject({ status: 'removed' });
    expect(bench.unscheduled).toContain(id);
  });
});
