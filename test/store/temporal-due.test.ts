import { beforeEach, describe, expect, test } from 'vitest';
import { adoptUnseen, findIntegration, saveIntegration } from '../../src/store/state/integrations.ts';
import {
  listUnsettled,
  noteSettled,
  park,
  pause,
  remove,
  resume,
  revive,
  unpark,
} from '../../src/store/state/life.ts';
import { createTestStore } from '../support/database.ts';

const store = await createTestStore();
let integrations = 0;
let id = '';

const KNOWN = { tool: 'demo', category: 'ATS' } as const;
const known = async () => (await findIntegration(store, id))!;
const isDue = async () => (await known()).temporalDueAt !== null;
const settle = async () => noteSettled(store, await known());

beforeEach(async () => {
  id = `demo:${++integrations}`;
  await saveIntegration(store, { id, ...KNOWN });
});

describe('(I28) Temporal is due', () => {
  test('for a new integration, in each way that it can be added', async () => {
    expect(await isDue()).toBe(true);
    id = `${id}-unseen`;
    await adoptUnseen(store, { id, ...KNOWN });
    expect(await isDue()).toBe(true);
  });

  test('after each change that its schedules and syncs depend on, from the same statement', async () => {
    for (const change of [
      () => pause(store, id, 'audit'),
      () => resume(store, id),
      () => remove(store, id, { code: 'Deleted', message: 'm', at: new Date() }),
      () => revive(store, id),
      () => saveIntegration(store, { id, ...KNOWN, tool: 'other' }),
      () => saveIntegration(store, { id, ...KNOWN, tool: 'other', category: 'HRIS' }),
    ]) {
      expect(await settle()).toBe(true);
      expect(await isDue()).toBe(false);
      await change();
      expect(await isDue()).toBe(true);
    }
  });

  test('after no other change: parking does not change the schedules', async () => {
    await settle();
    await park(store, id, { code: 'INVALID', message: 'm', needsAttention: true, retryInMs: null });
    await unpark(store, id);
    await saveIntegration(store, { id, ...KNOWN, organizationName: 'Acme', state: 'ACTIVE' });
    await adoptUnseen(store, { id, ...KNOWN, tool: 'other' });
    expect(await known()).toMatchObject({ tool: 'demo', temporalDueAt: null });
  });
});

describe('(I28) Temporal is no longer due', () => {
  test('unless the status has changed meanwhile', async () => {
    const before = await known();
    await pause(store, id, 'audit');
    expect(await noteSettled(store, before)).toBe(false);
    expect(await isDue()).toBe(true);
    expect(await settle()).toBe(true);
    await resume(store, id);
    await settle();
    expect(await noteSettled(store, before)).toBe(false);
    expect(await isDue()).toBe(false);
  });

  test('unless its tool has changed meanwhile, with which its schedules are labelled', async () => {
    await settle();
    const before = await known();
    await saveIntegration(store, { id, ...KNOWN, tool: 'other' });
    expect(await noteSettled(store, before)).toBe(false);
    expect(await isDue()).toBe(true);
  });

  test('also if another process was faster', async () => {
    const before = await known();
    expect(await settle()).toBe(true);
    expect(await noteSettled(store, before)).toBe(true);
  });
});

test('(I28) integrations that have been due for a while are listed, the longest first', async () => {
  await store.pool.query('delete from kombo_sync.integrations');
  const age = async (name: string, seconds: number) => {
    await saveIntegration(store, { id: name, ...KNOWN });
    await store.pool.query(
      `update kombo_sync.integrations set temporal_due_at = now() - $2 * interval '1 second' where id = $1`,
      [name, seconds],
    );
  };
  await age('demo:a', 25);
  await age('demo:b', 90);
  await age('demo:c', 5);
  expect(await listUnsettled(store, 20_000, 10)).toEqual(['demo:b', 'demo:a']);
  expect(await listUnsettled(store, 20_000, 1)).toEqual(['demo:b']);
});
