import { describe, expect, test } from 'vitest';
import { markErased } from '../../src/store/records/erase.ts';
import { pause, remove, resume } from '../../src/store/state/life.ts';
import { createLookUps, FULL, input, lookUp } from './look-ups.ts';
import { readsOf, run } from './setup.ts';

const { bench, begin, isSettled, known, looks, whole } = await createLookUps();
const { control, store } = bench;

const NOT_FOUND = { kind: 'error', code: 'PLATFORM.INTEGRATION_NOT_FOUND' } as const;
const nothing = { passes: [], outcomes: [] };

describe('(I21) deleted', () => {
  test('while Kombo shows that it cannot be read any more', async () => {
    const id = await whole();
    const deletedAt = new Date();
    control.setEnabled(id, false);
    const started = await begin(id, { lookUp: true, models: ['ats_jobs'], deletedAt });
    expect(started).toMatchObject({ ...nothing, blocked: { code: 'IntegrationGone' } });
    expect(await known(id)).toMatchObject({ status: 'removed', statusCode: 'Deleted', removedAt: deletedAt });
    expect(isSettled(id)).toBe(true);
    // Nothing that comes late brings it back, and what is late about its data is not even looked up.
    control.setEnabled(id, true);
    const before = looks(id);
    expect(await begin(id, { models: ['ats_jobs'] })).toMatchObject(nothing);
    expect(looks(id)).toBe(before);
    expect(await begin(id, { lookUp: true })).toMatchObject(nothing);
    expect(await known(id)).toMatchObject({ status: 'removed', removedAt: deletedAt });
  });

  describe('while Kombo shows it as active', () => {
    const DOUBTED = { status: 'parked', statusCode: 'DeletionDoubted', needsAttention: false };
    /** As if the doubt had begun so long ago. */
    const doubtedFor = (id: string, age: string) =>
      store.pool.query(
        `update kombo_sync.integrations set status_since = now() - $2::interval, retry_at = now() where id = $1`,
        [id, age],
      );
    const told = async () => {
      const id = await whole();
      const deletedAt = new Date();
      const started = await begin(id, { lookUp: true, models: ['ats_jobs'], deletedAt });
      expect(started).toMatchObject({ ...nothing, blocked: { code: 'DeletionDoubted' } });
      expect(started.retryInMs).toBeGreaterThan(0);
      expect(await known(id)).toMatchObject({ ...DOUBTED, announcedDeletedAt: deletedAt, removedAt: null });
      return { id, deletedAt };
    };

    test('it is parked, and nothing is read, no matter what comes and though Kombo does not answer', async () => {
      const { id, deletedAt } = await told();
      const before = bench.queries(id).length;
      control.addFault({ kind: 'unavailable', endpoint: lookUp(id), count: 3 });
      for (const asked of [{ models: ['ats_jobs'] }, { lookUp: true }, { lookUp: true, deletedAt }]) {
        expect(await begin(id, asked)).toMatchObject(nothing);
        expect(await known(id)).toMatchObject(DOUBTED);
      }
      expect(bench.queries(id)).toHaveLength(before);
    });

    test('it is removed as soon as Kombo does not know it any more', async () => {
      const { id, deletedAt } = await told();
      control.removeIntegration(id);
      await begin(id);
      expect(await known(id)).toMatchObject({
        status: 'removed',
        statusCode: 'Deleted',
        removedAt: deletedAt,
      });
    });

    test('for a day, it is read again and whole, and the same webhook does nothing any more', async () => {
      const { id, deletedAt } = await told();
      await doubtedFor(id, '23 hours');
      expect(await begin(id)).toMatchObject(nothing);
      await doubtedFor(id, '25 hours');
      expect(readsOf(await begin(id))).toEqual([...FULL, 'delta /ats/jobs'].sort());
      expect(await known(id)).toMatchObject({ status: 'active', announcedDeletedAt: null });
      await begin(id, { lookUp: true, deletedAt });
      expect(await known(id)).toMatchObject({ status: 'active', announcedDeletedAt: null });
    });

    test('and paused, it stays paused, and is parked when you resume it', async () => {
      const id = await whole();
      await pause(store, id, 'audit');
      await begin(id, { lookUp: true, deletedAt: new Date() });
      expect(await known(id)).toMatchObject({ status: 'paused', statusReason: 'audit' });
      await resume(store, id);
      expect(await begin(id, { models: ['ats_jobs'] })).toMatchObject(nothing);
      expect(await known(id)).toMatchObject(DOUBTED);
    });
  });

  test('first seen as a 404, then told of, no matter how Kombo answers by then', async () => {
    for (const answers of [true, false]) {
      const id = await whole();
      control.addFault({ ...NOT_FOUND, endpoint: lookUp(id) });
      await begin(id, { lookUp: true });
      expect(await known(id)).toMatchObject({ statusCode: NOT_FOUND.code });
      const deletedAt = new Date();
      if (!answers) control.removeIntegration(id);
      await begin(id, { lookUp: true, deletedAt });
      expect(await known(id)).toMatchObject({ statusCode: 'Deleted', removedAt: deletedAt });
    }
  });

  test('a 404 that was a mistake is taken back with the next webhook, and everything is read', async () => {
    const id = await whole();
    control.addFault({ ...NOT_FOUND, endpoint: lookUp(id) });
    await begin(id, { lookUp: true });
    expect(await known(id)).toMatchObject({ status: 'removed' });
    isSettled(id);
    expect(readsOf(await begin(id, { models: ['ats_jobs'] }))).toEqual([...FULL, 'delta /ats/jobs'].sort());
    expect(await known(id)).toMatchObject({ status: 'active', removedAt: null });
    expect(isSettled(id)).toBe(true);
  });

  test('(I22) a 404 that was a mistake does not end a pause', async () => {
    const id = await whole();
    await pause(store, id, 'audit');
    control.addFault({ ...NOT_FOUND, endpoint: lookUp(id), count: 2 });
    for (let times = 0; times < 2; times += 1) await begin(id, { lookUp: true });
    expect(await known(id)).toMatchObject({ status: 'removed' });
    expect(await begin(id, { models: ['ats_jobs'] })).toMatchObject({
      ...nothing,
      blocked: { code: 'Paused' },
    });
    expect(await known(id)).toMatchObject({ status: 'paused', statusReason: 'audit', removedAt: null });
    await resume(store, id);
    expect(readsOf(await begin(id))).toEqual([...FULL, 'delta /ats/jobs'].sort());
  });

  test('another connection is not paused because an earlier one was', async () => {
    for (const deletedAt of [new Date(), undefined]) {
      const id = await whole({ createdAt: new Date('2026-03-01T12:00:00Z') });
      await pause(store, id, 'audit');
      control.removeIntegration(id);
      await begin(id, { lookUp: true });
      if (deletedAt) await begin(id, { lookUp: true, deletedAt });
      control.addIntegration({ id, category: 'ATS', scale: 0 });
      expect(readsOf(await begin(id, { lookUp: true }))).toEqual(FULL);
    }
  });

  test('a deletion of an earlier life does nothing, however late or often it comes', async () => {
    const id = await whole();
    const deletedAt = new Date(Date.now() - 86_400_000);
    for (let times = 0; times < 2; times += 1) {
      expect(await begin(id, { lookUp: true, deletedAt })).toMatchObject(nothing);
      expect(await known(id)).toMatchObject({ status: 'active' });
    }
  });

  test('and connected anew it is read whole', async () => {
    const id = await whole();
    control.removeIntegration(id);
    await begin(id, { lookUp: true, deletedAt: new Date() });
    control.addIntegration({ id, category: 'ATS', scale: 0 });
    isSettled(id);
    expect(readsOf(await begin(id, { lookUp: true }))).toEqual(FULL);
    expect(await known(id)).toMatchObject({ status: 'active', removedAt: null });
    expect(isSettled(id)).toBe(true);
  });

  const YESTERDAY = `now() - interval '25 hours'`;
  /** As if it had been looked up so long ago. */
  const lookedUp = (id: string, when: string) =>
    store.pool.query(`update kombo_sync.integrations set looked_up_at = ${when} where id = $1`, [id]);

  test('and connected anew, it is found by any webhook within a day when the one that tells of it is lost', async () => {
    const id = await whole();
    control.removeIntegration(id);
    await begin(id, { lookUp: true, deletedAt: new Date() });
    control.addIntegration({ id, category: 'ATS', scale: 0 });
    expect(await begin(id, { models: ['ats_jobs'] })).toMatchObject(nothing);
    await lookedUp(id, YESTERDAY);
    expect(readsOf(await begin(id, { models: ['ats_jobs'] }))).toEqual([...FULL, 'delta /ats/jobs'].sort());
    expect(await known(id)).toMatchObject({ status: 'active', removedAt: null });
  });

  test.each(['Deleted', 'RemovedByHand', NOT_FOUND.code])(
    'erased, with %s, it is looked up once a day, no matter what comes',
    async (code) => {
      for (const answers of [false, true]) {
        // A removal because of a 404 is taken back by any answer.
        if (answers && code === NOT_FOUND.code) continue;
        const id = await whole();
        await remove(store, id, { code, message: 'gone', at: new Date() });
        await markErased(store, id);
        if (!answers) control.removeIntegration(id);
        await lookedUp(id, YESTERDAY);
        const before = looks(id);
        for (let times = 0; times < 3; times += 1) {
          expect(await begin(id, { models: ['ats_jobs'] })).toMatchObject(nothing);
        }
        expect(looks(id)).toBe(before + 1);
        expect(await known(id)).toMatchObject({ status: 'removed', statusCode: code });
      }
    },
  );

  test('(I28) Temporal is brought in line later when it is away, and no read waits for it', async () => {
    const id = await whole();
    const deletedAt = new Date();
    control.removeIntegration(id);
    const away = bench.activities({
      temporal: {
        wake: () => Promise.resolve(),
        settle: () => Promise.reject(new Error('14 UNAVAILABLE: no connection')),
      },
    });
    expect(await run(away.startSync, input(id, { lookUp: true, deletedAt }))).toMatchObject({
      blocked: { code: 'IntegrationGone' },
    });
    expect(await known(id)).toMatchObject({ status: 'removed', temporalDueAt: expect.any(Date) as Date });
    await begin(id, { lookUp: true, deletedAt });
    expect(isSettled(id)).toBe(true);
  });

  test('a look that is owed is done though it is removed, once', async () => {
    const id = await whole();
    control.removeIntegration(id);
    await begin(id, { lookUp: true, deletedAt: new Date() });
    await store.pool.query(
      `insert into kombo_sync.debts (integration_id, endpoint, kind, since) values ($1, '/integrations/{id}', 'look-up', now())`,
      [id],
    );
    const before = looks(id);
    for (let times = 0; times < 3; times += 1) await begin(id, { models: ['ats_jobs'] });
    expect(looks(id)).toBe(before + 1);
  });
});
