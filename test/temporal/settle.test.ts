import { beforeEach, describe, expect, test } from 'vitest';
import { saveIntegration, findIntegration } from '../../src/store/state/integrations.ts';
import { pause, remove, resume } from '../../src/store/state/life.ts';
import type { Lifecycle } from '../../src/temporal/lifecycle.ts';
import { settleIntegration } from '../../src/temporal/settle.ts';
import { createTestStore } from '../support/database.ts';

const store = await createTestStore();
let integrations = 0;
let id = '';
let calls: string[] = [];
/** Runs during the first call of Temporal. */
let meanwhile: (() => Promise<unknown>) | undefined;

/** Records a call of Temporal. */
const note = async <T>(call: string, answer: T): Promise<T> => {
  calls.push(call);
  const act = meanwhile;
  meanwhile = undefined;
  await act?.();
  return answer;
};
const lifecycle: Lifecycle = {
  ensureSchedules: ({ status }) => note(`schedules ${status}`, { result: 'updated', made: {} }),
  deleteSchedules: () => note('no schedules', undefined),
  cancelSyncs: (of, except) => note(`cancel all but ${except}`, [`sync/${of}`]),
  wake: () => note('wake', undefined),
  planErasure: (_id, at) => note(`erase ${at === 'now' ? at : at.toISOString()}`, undefined),
  cancelErasure: () => note('keep data', undefined),
};
const settle = (except?: string) => settleIntegration({ store, lifecycle }, id, except);
const isDue = async () => (await findIntegration(store, id))!.temporalDueAt !== null;
const AT = new Date('2026-03-01T12:00:00Z');
const leave = () => remove(store, id, { code: 'Deleted', message: 'm', at: AT });

beforeEach(async () => {
  id = `demo:${++integrations}`;
  calls = [];
  meanwhile = undefined;
  await saveIntegration(store, { id, tool: 'demo', category: 'ATS' });
});

describe('(I28) Temporal follows the status of an integration', () => {
  test('an active one has schedules, and no sync is cancelled', async () => {
    expect(await settle()).toMatchObject({ schedules: 'updated', cancelled: [], integration: { id } });
    // It was never removed, so no erasure is planned that would have to be called off.
    expect(calls).toEqual(['schedules active']);
    expect(await isDue()).toBe(false);
  });

  test('a paused one has paused schedules, and its syncs are cancelled except the calling one', async () => {
    await pause(store, id, 'audit');
    expect(await settle('sync/x')).toMatchObject({ cancelled: [`sync/${id}`] });
    expect(calls).toEqual(['keep data', 'schedules paused', 'cancel all but sync/x']);
  });

  test('a removed one has no schedules and no syncs, and its data is erased once', async () => {
    await leave();
    await settle();
    expect(calls).toEqual(['cancel all but undefined', 'no schedules', `erase ${AT.toISOString()}`]);
    await store.pool.query('update kombo_sync.integrations set erased_at = now() where id = $1', [id]);
    calls = [];
    await settle();
    expect(calls).toEqual(['cancel all but undefined', 'no schedules']);
  });

  test('an unknown one causes no calls', async () => {
    id = 'demo:nobody';
    expect(await settle()).toEqual({ integration: undefined, schedules: 'unchanged', cancelled: [] });
    expect(calls).toEqual([]);
  });
});

describe('(I28) a change of status in the meantime', () => {
  test('is followed too, before the change counts as done', async () => {
    meanwhile = () => pause(store, id, 'audit');
    expect(await settle()).toMatchObject({ integration: { status: 'paused' } });
    expect(calls).toEqual(['schedules active', 'keep data', 'schedules paused', 'cancel all but undefined']);
    expect(await isDue()).toBe(false);
  });

  test('stays due if Temporal cannot be reached', async () => {
    meanwhile = () => Promise.reject(new Error('gRPC: UNAVAILABLE'));
    await expect(settle()).rejects.toThrow('gRPC');
    expect(await isDue()).toBe(true);
  });

  test('is left for later after five rounds', async () => {
    let times = 0;
    const flip = async (): Promise<void> => {
      times += 1;
      await (times % 2 ? pause(store, id, 'audit') : resume(store, id));
    };
    const restless: Lifecycle = {
      ...lifecycle,
      ensureSchedules: async (integration) => {
        await flip();
        return lifecycle.ensureSchedules(integration);
      },
    };
    await settleIntegration({ store, lifecycle: restless }, id);
    expect(times).toBe(5);
    expect(await isDue()).toBe(true);
  });
});
