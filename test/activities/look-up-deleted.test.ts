import { describe, expect, test } from 'vitest';
import { markErased } from '../../src/store/records/erase.ts';
import { pause, remove, resume } from '../../src/store/state/life.ts';
import { createLookUps, FULL, input, lookUp } from './look-ups.ts';
import { readsOf, run } from './setup.ts';

const { bench, begin, isSettled, known, looks, whole } = await createLookUps();
const { control, store } = bench;

const NOT_FOUND = { kind: 'error', code: 'PLATFORM.INTEGRATION_NOT_FOUND' } as const;
const nothing = { passes: [], outcomes: [] };

describe('(I21) a deleted integration', () => {
  test('is removed if Kombo says that it cannot be read', async () => {
    const id = await whole();
    const deletedAt = new Date();
    control.setEnabled(id, false);
    const started = await begin(id, { lookUp: true, models: ['ats_jobs'], deletedAt });
    expect(started).toMatchObject({ ...nothing, blocked: { code: 'IntegrationGone' } });
    expect(await known(id)).toMatchObject({ status: 'removed', statusCode: 'Deleted', removedAt: deletedAt });
    expect(isSettled(id)).toBe(true);
    // Late webhooks do not bring it back. Those about its data do not even cause a look-up.
    control.setEnabled(id, true);
    const before = looks(id);
    expect(await begin(id, { models: ['ats_jobs'] })).toMatchObject(nothing);
    expect(looks(id)).toBe(before);
    expect(await begin(id, { lookUp: true })).toMatchObject(nothing);
    expect(await known(id)).toMatchObject({ status: 'removed', removedAt: deletedAt });
  });

  describe('while Kombo returns it as active', () => {
    const DOUBTED = { status: 'parked', statusCode: 'DeletionDoubted', needsAttention: false };
    /** Moves the begin of the doubt this far into the past. */
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

    test('is parked and not read, despite all webhooks, even if Kombo does not answer', async () => {
      const { id, deletedAt } = await told();
      const before = bench.queries(id).length;
      control.addFault({ kind: 'unavailable', endpoint: lookUp(id), count: 3 });
      for (const asked of [{ models: ['ats_jobs'] }, { lookUp: true }, { lookUp: true, deletedAt }]) {
        expect(await begin(id, asked)).toMatchObject(nothing);
        expect(await known(id)).toMatchObject(DOUBTED);
      }
      expect(bench.queries(id)).toHaveLength(before);
    });

    test('is removed as soon as Kombo no longer knows it', async () => {
      const { id, deletedAt } = await told();
      control.removeIntegration(id);
      await begin(id);
      expect(await known(id)).toMatchObject({
        status: 'removed',
        statusCode: 'Deleted',
        removedAt: deletedAt,
      });
    });

    test('is read in full after a day, and the same webhook no longer has an effect', async () => {
      const { id, deletedAt } = await told();
      await doubtedFor(id, '23 hours');
      expect(await begin(id)).toMatchObject(nothing);
      await doubtedFor(id, '25 hours');
      expect(readsOf(await begin(id))).toEqual([...FULL, 'delta /ats/jobs'].sort());
      expect(await known(id)).toMatchObject({ status: 'active', announcedDeletedAt: null });
      await begin(id, { lookUp: true, deletedAt });
      expect(await known(id)).toMatchObject({ status: 'active', announcedDeletedAt: null });
    });

    test('stays paused if it was, and is parked when you resume it', async () => {
      const id = await whole();
      await pause(store, id, 'audit');
      await begin(id, { lookUp: true, deletedAt: new Date() });
      expect(await known(id)).toMatchObject({ status: 'paused', statusReason: 'audit' });
      await resume(store, id);
      expect(await begin(id, { models: ['ats_jobs'] })).toMatchObject(nothing);
      expect(await known(id)).toMatchObject(DOUBTED);
    });
  });

  test('is removed for the reported reason after a 404, whether Kombo returns it by then or not', async () => {
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

  test('comes back with the next webhook after a mistaken 404, and is read in full', async () => {
    const id = await whole();
    control.addFault({ ...NOT_FOUND, endpoint: lookUp(id) });
    await begin(id, { lookUp: true });
    expect(await known(id)).toMatchObject({ status: 'removed' });
    isSettled(id);
    expect(readsOf(await begin(id, { models: ['ats_jobs'] }))).toEqual([...FULL, 'delta /ats/jobs'].sort());
    expect(await known(id)).toMatchObject({ status: 'active', removedAt: null });
    expect(isSettled(id)).toBe(true);
  });

  test('(I22) is paused again after a mistaken 404', async () => {
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

  test('is not paused as a new connection if the earlier one was', async () => {
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

  test('is not removed as a new connection by a webhook about the earlier one, however late or often it comes', async () => {
    const id = await whole();
    const deletedAt = new Date(Date.now() - 86_400_000);
    for (let times = 0; times < 2; times += 1) {
      expect(await begin(id, { lookUp: true, deletedAt })).toMatchObject(nothing);
      expect(await known(id)).toMatchObject({ status: 'active' });
    }
  });

  test('is read in full when it is connected again', async () => {
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
  /** Sets when it was last looked up. */
  const lookedUp = (id: string, when: string) =>
    store.pool.query(`update kombo_sync.integrations set looked_up_at = ${when} where id = $1`, [id]);

  test('is found by any webhook within a day if it is connected again and the webhook about that is lost', async () => {
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
    'that is erased, with %s, is looked up once a day, despite all webhooks',
    async (code) => {
      for (const answers of [false, true]) {
        // Any answer takes back a removal because of a 404.
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

  test('(I28) is settled in Temporal later if that is away, and no read waits for it', async () => {
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

  test('is looked up once if a look-up is owed', async () => {
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
