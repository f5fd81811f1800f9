import { announceDeletion } from '../../src/store/state/deletions.ts';
import { describe, expect, test } from 'vitest';
import type { IntegrationStatus } from '../../src/domain/life.ts';
import { transaction } from '../../src/store/database.ts';
import { readDebts } from '../../src/store/state/debts.ts';
import { findIntegration, saveIntegration } from '../../src/store/state/integrations.ts';
import {
  confirmRemoval,
  forgetNextLook,
  noteSighting,
  park,
  pause,
  remove,
  resume,
  revive,
  unpark,
} from '../../src/store/state/life.ts';
import { forgetUnknown, listUnknown, noteUnknown } from '../../src/store/state/unknown-integrations.ts';
import { createTestStore, waitsForLock } from '../support/database.ts';

const store = await createTestStore();
let integrations = 0;

const AT = new Date('2026-03-01T12:00:00Z');
const MINUTE = 60_000;
const WHY = { code: 'INVALID', message: 'Reconnect it.', needsAttention: true, retryInMs: MINUTE };
const GONE = { code: 'Deleted', message: 'It was deleted in Kombo.', at: AT };

const known = async (id: string) => (await findIntegration(store, id))!;

/** An integration that reached a status by the ordinary changes. */
async function integration(status: IntegrationStatus = 'active'): Promise<string> {
  const id = `demo:${++integrations}`;
  await saveIntegration(store, { id, tool: 'demo', category: 'ATS' });
  if (status === 'parked') await park(store, id, WHY);
  if (status === 'paused') await pause(store, id, 'audit');
  if (status === 'removed') await remove(store, id, GONE);
  expect((await known(id)).status).toBe(status);
  return id;
}

const ACTS = {
  park: (id: string) => park(store, id, { ...WHY, code: 'SETUP_SYNC_PENDING', needsAttention: false }),
  unpark: (id: string) => unpark(store, id),
  pause: (id: string) => pause(store, id, 'holidays'),
  resume: (id: string) => resume(store, id),
  remove: (id: string) => remove(store, id, { ...GONE, code: 'RemovedByHand' }),
  revive: (id: string) => revive(store, id),
};

describe('each change of status is possible from some statuses and does nothing from others', () => {
  test.each<[keyof typeof ACTS, Partial<Record<IntegrationStatus, IntegrationStatus>>]>([
    ['park', { active: 'parked', parked: 'parked' }],
    ['unpark', { parked: 'active' }],
    ['pause', { active: 'paused', parked: 'paused', paused: 'paused' }],
    ['resume', { paused: 'active' }],
    ['remove', { active: 'removed', parked: 'removed', paused: 'removed' }],
    ['revive', { removed: 'active' }],
  ])('%s: %j', async (act, becomes) => {
    for (const from of ['active', 'parked', 'paused', 'removed'] as const) {
      const id = await integration(from);
      const before = await known(id);
      const changed = await ACTS[act](id);
      expect(changed?.status).toBe(becomes[from]);
      if (becomes[from]) expect(await known(id)).toEqual(changed);
      else expect(await known(id)).toEqual(before);
    }
  });

  test('the details of a status are cleared with it', async () => {
    const id = await integration('parked');
    expect(await known(id)).toMatchObject({
      statusCode: 'INVALID',
      needsAttention: true,
      retryAt: expect.any(Date) as Date,
    });
    await unpark(store, id);
    expect(await known(id)).toMatchObject({
      statusCode: null,
      statusReason: null,
      needsAttention: false,
      retryAt: null,
    });
    await remove(store, id, GONE);
    expect(await known(id)).toMatchObject({ removedAt: AT, statusCode: 'Deleted' });
    await revive(store, id);
    expect(await known(id)).toMatchObject({ removedAt: null, erasedAt: null });
  });

  test('status_since stays while the reason is the same', async () => {
    const id = await integration('parked');
    const { statusSince } = await known(id);
    await park(store, id, { ...WHY, message: 'Reconnect it, please.' });
    expect((await known(id)).statusSince).toEqual(statusSince);
    await park(store, id, { ...WHY, code: 'SETUP_SYNC_PENDING' });
    expect((await known(id)).statusSince.getTime()).toBeGreaterThan(statusSince.getTime());
  });

  test('the next look-up of a parked integration is planned by the clock of the database, and extra look-ups do not move it', async () => {
    const id = await integration();
    const hour = 60 * MINUTE;
    const looksIn = async () => (await known(id)).retryAt!.getTime() - Date.now();
    await park(store, id, { ...WHY, retryInMs: hour });
    const planned = (await known(id)).retryAt!;
    expect(Math.abs((await looksIn()) - hour)).toBeLessThan(MINUTE);
    await park(store, id, { ...WHY, retryInMs: 5 * hour });
    expect((await known(id)).retryAt).toEqual(planned);
    await forgetNextLook(store, id, new Date(planned.getTime() + 1));
    expect((await known(id)).retryAt).toEqual(planned);
    await park(store, id, { ...WHY, code: 'SETUP_SYNC_PENDING', retryInMs: 5 * hour });
    expect(await looksIn()).toBeGreaterThan(4 * hour);
    await store.pool.query(
      `update kombo_sync.integrations set retry_at = now() - interval '1 minute' where id = $1`,
      [id],
    );
    await park(store, id, { ...WHY, code: 'SETUP_SYNC_PENDING', retryInMs: hour });
    expect(await looksIn()).toBeGreaterThan(hour - MINUTE);
    await forgetNextLook(store, id, (await known(id)).retryAt!);
    expect((await known(id)).retryAt).toBeNull();
    await park(store, id, { ...WHY, code: 'SETUP_SYNC_PENDING', retryInMs: hour });
    expect((await known(id)).retryAt).not.toBeNull();
    await park(store, id, { ...WHY, code: 'SETUP_SYNC_PENDING', retryInMs: null });
    expect((await known(id)).retryAt).toBeNull();
  });

  test('a read that works does not end a parking that a look-up caused', async () => {
    const id = await integration('parked');
    expect(await unpark(store, id, ['INVALID', 'INACTIVE'])).toBeUndefined();
    expect(await unpark(store, id, ['INACTIVE'])).toMatchObject({ status: 'active' });
  });
});

describe('(I21) a removal', () => {
  test('takes a better or newer reason, but never an older one', async () => {
    const id = await integration();
    const later = new Date(AT.getTime() + 60_000);
    await remove(store, id, { code: 'PLATFORM.INTEGRATION_NOT_FOUND', message: '404', at: later });
    await confirmRemoval(store, id, GONE);
    expect(await known(id)).toMatchObject({ statusCode: 'Deleted', removedAt: AT });
    await confirmRemoval(store, id, { ...GONE, at: later });
    expect(await known(id)).toMatchObject({ removedAt: later });
    await confirmRemoval(store, id, GONE);
    expect(await known(id)).toMatchObject({ removedAt: later });
  });

  test('does nothing if the status has changed since, even at the same time', async () => {
    const id = await integration();
    const { statusSince: asOf } = await known(id);
    const { removing } = await transaction(store.pool, async (client) => {
      await client.query(
        `update kombo_sync.integrations set status_since = status_since + interval '1 second' where id = $1`,
        [id],
      );
      const removing = [remove(store, id, { ...GONE, asOf })] as const;
      await waitsForLock(store);
      return { removing };
    });
    expect(await removing[0]).toBeUndefined();
    const { statusSince } = await known(id);
    expect(await remove(store, id, { ...GONE, asOf: statusSince })).toMatchObject({ status: 'removed' });
  });

  test('that a webhook reported is remembered until a removal', async () => {
    const id = await integration();
    await announceDeletion(store, id, AT);
    await announceDeletion(store, id, new Date(AT.getTime() - 1_000));
    await park(store, id, WHY);
    await pause(store, id, 'audit');
    await resume(store, id);
    expect(await known(id)).toMatchObject({ announcedDeletedAt: AT });
    await remove(store, id, GONE);
    expect(await known(id)).toMatchObject({ announcedDeletedAt: null });
    await announceDeletion(store, id, AT);
    await revive(store, id);
    expect(await known(id)).toMatchObject({ announcedDeletedAt: null });
  });
});

describe('a look-up that finds it', () => {
  const seen = (id: string) => ({ id, tool: 'demo', category: 'ATS' as const, state: 'ACTIVE' });

  test('(I21) revives a removed integration, and what was missed is owed', async () => {
    const id = await integration('removed');
    const sighting = { revive: true, unpark: false, missed: ['/ats/jobs'] };
    expect(await noteSighting(store, seen(id), sighting)).toMatchObject({
      integration: { status: 'active' },
      revived: true,
    });
    expect((await readDebts(store, id)).get('/ats/jobs')).toMatchObject({
      full: { dueAt: null, failure: null },
    });
    expect(await noteSighting(store, seen(id), sighting)).toMatchObject({ revived: false });
  });

  test('(I22) pauses it again if it was paused and removed by mistake, but not if it is a new connection', async () => {
    for (const keepPause of [true, false]) {
      const id = await integration('paused');
      await remove(store, id, { ...GONE, code: 'PLATFORM.INTEGRATION_NOT_FOUND' });
      const sighting = { revive: true, keepPause, unpark: false, missed: [] };
      expect(await noteSighting(store, seen(id), sighting)).toMatchObject({ revived: true });
      expect(await known(id)).toMatchObject(
        keepPause ? { status: 'paused', statusReason: 'audit' } : { status: 'active', statusReason: null },
      );
    }
  });

  test('does not end a pause', async () => {
    const id = await integration('paused');
    const sighting = { revive: true, unpark: true, missed: [] };
    expect(await noteSighting(store, seen(id), sighting)).toMatchObject({
      integration: { status: 'paused' },
    });
  });

  test('is stored with everything that follows from it, or not at all', async () => {
    const id = await integration('parked');
    const broken = ['/ats/jobs', null as unknown as string];
    const sighting = { revive: false, unpark: true, missed: broken };
    await expect(noteSighting(store, seen(id), sighting)).rejects.toThrow(/null value/);
    expect(await known(id)).toMatchObject({ status: 'parked', komboState: null });
    expect(await readDebts(store, id)).toEqual(new Map());
  });
});

test('ids that Kombo does not know are counted until they appear', async () => {
  const id = `demo:unknown-${++integrations}`;
  await noteUnknown(store, id);
  await noteUnknown(store, id);
  const [entry] = (await listUnknown(store, { limit: 1 })).entries;
  expect(entry).toMatchObject({ id, times: 2 });
  // Both may be in the same millisecond, and Postgres has microseconds.
  const { rows } = await store.pool.query(
    'select last_seen_at > first_seen_at as later from kombo_sync.unknown_integrations where integration_id = $1',
    [id],
  );
  expect(rows).toEqual([{ later: true }]);
  await forgetUnknown(store, id);
  expect((await listUnknown(store, { limit: 100 })).entries.map((unknown) => unknown.id)).not.toContain(id);
});
