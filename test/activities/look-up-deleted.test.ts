import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { markErased } from '../../src/store/erase.ts';
import { oweLookUp, pause, remove, resume } from '../../src/store/life.ts';
import { createLookUps, FULL, input, lookUp } from './look-ups.ts';
import { failure, run } from './setup.ts';

const lookUps = await createLookUps();
const { bench, temporal, recordFailures, plan, actsOf, forgetActs, known, looks, wholeIntegration } = lookUps;
const { control, store } = bench;

describe('(I21) deleted', () => {
  const END = ['cancel', 'unschedule', 'erase'];

  test('while Kombo still shows it', async () => {
    const id = await wholeIntegration();
    const deletedAt = new Date();
    const planned = await plan(id, { refresh: true, models: ['ats_jobs'], deletedAt });
    expect(planned).toMatchObject({ passes: [], blocked: { code: 'IntegrationGone' } });
    expect(await known(id)).toMatchObject({ status: 'removed', statusCode: 'Deleted', removedAt: deletedAt });
    expect(actsOf(id)).toEqual(END);
    // Nothing that comes late brings it back, and what is late about its data is not even looked up.
    const before = looks(id);
    expect(await plan(id, { models: ['ats_jobs'] })).toMatchObject({ passes: [] });
    expect(looks(id)).toBe(before);
    expect(await plan(id, { refresh: true })).toMatchObject({ passes: [] });
    expect(await known(id)).toMatchObject({ status: 'removed', removedAt: deletedAt });
  });

  test('first seen as a 404, then told of, in whatever way Kombo answers by then', async () => {
    for (const answers of [true, false]) {
      const id = await wholeIntegration();
      control.addFault({ kind: 'error', code: 'PLATFORM.INTEGRATION_NOT_FOUND', endpoint: lookUp(id) });
      await plan(id, { refresh: true });
      expect(await known(id)).toMatchObject({ statusCode: 'PLATFORM.INTEGRATION_NOT_FOUND' });
      const deletedAt = new Date();
      if (!answers) control.removeIntegration(id);
      await plan(id, { refresh: true, deletedAt });
      expect(await known(id)).toMatchObject({ statusCode: 'Deleted', removedAt: deletedAt });
    }
  });

  test('a 404 that was a mistake is taken back with the next webhook, and everything is read', async () => {
    const id = await wholeIntegration();
    control.addFault({ kind: 'error', code: 'PLATFORM.INTEGRATION_NOT_FOUND', endpoint: lookUp(id) });
    await plan(id, { refresh: true });
    forgetActs();
    expect((await plan(id, { models: ['ats_jobs'] })).passes).toEqual(FULL);
    expect(await known(id)).toMatchObject({ status: 'active', removedAt: null });
    expect(actsOf(id)).toEqual(['keep', 'schedule']);
  });

  test('(I22) a 404 that was a mistake does not end a pause', async () => {
    const id = await wholeIntegration();
    await pause(store, id, 'audit');
    control.addFault({
      kind: 'error',
      code: 'PLATFORM.INTEGRATION_NOT_FOUND',
      endpoint: lookUp(id),
      count: 2,
    });
    for (let times = 0; times < 2; times += 1) await plan(id, { refresh: true });
    expect(await known(id)).toMatchObject({ status: 'removed' });
    expect(await plan(id, { models: ['ats_jobs'] })).toMatchObject({
      passes: [],
      blocked: { code: 'Paused' },
    });
    expect(await known(id)).toMatchObject({ status: 'paused', statusReason: 'audit', removedAt: null });
    await resume(store, id);
    expect((await plan(id)).passes).toEqual(FULL);
  });

  test('another connection is not paused because an earlier one was', async () => {
    for (const deletedAt of [new Date(), undefined]) {
      const id = await wholeIntegration({ createdAt: new Date('2026-03-01T12:00:00Z') });
      await pause(store, id, 'audit');
      control.removeIntegration(id);
      await plan(id, { refresh: true });
      if (deletedAt) await plan(id, { refresh: true, deletedAt });
      control.addIntegration({ id, category: 'ATS', scale: 0 });
      expect((await plan(id, { refresh: true })).passes).toEqual(FULL);
    }
  });

  test('a deletion of an earlier life does nothing, however late or often it comes', async () => {
    const id = await wholeIntegration();
    const deletedAt = new Date(Date.now() - 86_400_000);
    for (let times = 0; times < 2; times += 1) {
      expect(await plan(id, { refresh: true, deletedAt })).toMatchObject({ passes: [] });
      expect(await known(id)).toMatchObject({ status: 'active' });
    }
    expect(actsOf(id)).toEqual(['schedule', 'schedule']);
  });

  test('and connected anew it is read whole, and its data are not erased', async () => {
    const id = await wholeIntegration();
    await plan(id, { refresh: true, deletedAt: new Date() });
    control.removeIntegration(id);
    control.addIntegration({ id, category: 'ATS', scale: 0 });
    forgetActs();
    expect((await plan(id, { refresh: true })).passes).toEqual(FULL);
    expect(await known(id)).toMatchObject({ status: 'active', removedAt: null });
    expect(actsOf(id)).toEqual(['keep', 'schedule']);
  });

  const YESTERDAY = `now() - interval '25 hours'`;
  /** As if it had been looked up so long ago. */
  const lookedUp = (id: string, when: string) =>
    store.pool.query(`update kombo_sync.integrations set looked_up_at = ${when} where id = $1`, [id]);

  test('and connected anew, it is found by any webhook within a day when the one that tells of it is lost', async () => {
    const id = await wholeIntegration();
    await plan(id, { refresh: true, deletedAt: new Date() });
    control.removeIntegration(id);
    control.addIntegration({ id, category: 'ATS', scale: 0 });
    expect(await plan(id, { models: ['ats_jobs'] })).toMatchObject({ passes: [] });
    await lookedUp(id, YESTERDAY);
    forgetActs();
    expect((await plan(id, { models: ['ats_jobs'] })).passes).toEqual(FULL);
    expect(await known(id)).toMatchObject({ status: 'active', removedAt: null });
    expect(actsOf(id)).toEqual(['keep', 'schedule']);
  });

  test.each(['Deleted', 'RemovedByHand', 'PLATFORM.INTEGRATION_NOT_FOUND'])(
    'erased, with %s, it is looked up once a day whatever comes',
    async (code) => {
      for (const answers of [false, true]) {
        // A removal because of a 404 is taken back by any answer.
        if (answers && code.startsWith('PLATFORM')) continue;
        const id = await wholeIntegration();
        await remove(store, id, { code, message: 'gone', at: new Date() });
        await markErased(store, id);
        if (!answers) control.removeIntegration(id);
        await lookedUp(id, YESTERDAY);
        const before = looks(id);
        for (let times = 0; times < 3; times += 1)
          expect(await plan(id, { models: ['ats_jobs'] })).toMatchObject({ passes: [] });
        expect(looks(id)).toBe(before + 1);
        expect(await known(id)).toMatchObject({ status: 'removed', statusCode: code });
      }
    },
  );

  test('what broke off is finished when it is tried again', async () => {
    const id = await wholeIntegration();
    const deletedAt = new Date();
    control.removeIntegration(id);
    const broken = bench.activities({
      temporal: { ...temporal, deleteSchedules: () => Promise.reject(new Error('Temporal is away')) },
    });
    await failure(broken.planSync, input(id, { refresh: true, deletedAt }));
    expect(await known(id)).toMatchObject({ status: 'removed' });
    expect(actsOf(id)).toEqual(['cancel']);
    forgetActs();
    await plan(id, { refresh: true, deletedAt });
    expect(actsOf(id)).toEqual(END);
  });

  test('a look that is owed is done though it is removed, once', async () => {
    const id = await wholeIntegration();
    await plan(id, { refresh: true, deletedAt: new Date() });
    await oweLookUp(store, id);
    const before = looks(id);
    for (let times = 0; times < 3; times += 1) await plan(id, { models: ['ats_jobs'] });
    expect(looks(id)).toBe(before + 1);
  });

  test('a deletion that was announced and not looked into is settled by the next sync', async () => {
    const id = await wholeIntegration();
    const deletedAt = new Date();
    await run(recordFailures, {
      integrationId: id,
      syncId: randomUUID(),
      failures: [],
      unservedLookUp: true,
      deletedAt: deletedAt.getTime(),
    });
    expect(await plan(id)).toMatchObject({ passes: [], blocked: { code: 'IntegrationGone' } });
    expect(await known(id)).toMatchObject({ statusCode: 'Deleted', removedAt: deletedAt });
  });
});
