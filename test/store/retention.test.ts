import { beforeEach, describe, expect, test } from 'vitest';
import type { Pass } from '../../src/store/state/passes.ts';
import { prune } from '../../src/store/state/retention.ts';
import { undocumentedFields } from '../../src/store/reports/undocumented.ts';
import { createTestStore } from '../support/database.ts';
import { uniqueIntegrationId } from '../support/temporal.ts';
import { feed, historyAt, open, readPass } from './support.ts';
import { statesFromPasses } from '../support/states.ts';

const TAGS = '/ats/tags';
const DAY = 24 * 60 * 60 * 1000;
const RETENTION = { changesMs: 30 * DAY, historyMs: 90 * DAY };

const store = await createTestStore();
let integration: string;

beforeEach(() => {
  integration = uniqueIntegrationId();
});

/** Moves a pass into the past. */
const age = async (pass: Pass, days: number) => {
  await store.pool.query(
    `update kombo_sync.passes set started_at = started_at - $2 * interval '1 day',
       watermark_at = watermark_at - $2 * interval '1 day', finished_at = finished_at - $2 * interval '1 day'
     where id = $1`,
    [pass.id, days],
  );
  await statesFromPasses(store);
};
const passes = async () => {
  const { rows } = await store.pool.query<{ id: number }>(
    'select id from kombo_sync.passes where integration_id = $1 order by id',
    [integration],
  );
  return rows.map(({ id }) => id);
};

describe('retention', () => {
  test('old changes are removed, young ones stay', async () => {
    await readPass(store, integration, TAGS, 'full', [[{ id: 'a' }, { id: 'b' }]]);
    await store.pool.query(
      `update kombo_sync.changes set at = now() - interval '31 days' where integration_id = $1 and id = 'a'`,
      [integration],
    );
    expect(await prune(store, RETENTION)).toMatchObject({ changes: 1 });
    expect(await feed(store, integration)).toEqual(['created b']);
  });

  test('the newest completed passes of an endpoint stay at any age', async () => {
    const kept = [];
    await age(await readPass(store, integration, TAGS, 'full', [[]]), 300);
    const full = await readPass(store, integration, TAGS, 'full', [[]]);
    await age(full, 250);
    kept.push(full.id);
    await age(await readPass(store, integration, TAGS, 'full', [[]]).then(asDelta), 220);
    const delta = await asDelta(await readPass(store, integration, TAGS, 'full', [[]]));
    await age(delta, 200);
    kept.push(delta.id);
    const before = await historyAt(store, integration, TAGS);
    expect(await prune(store, RETENTION)).toMatchObject({ passes: 2 });
    expect(await passes()).toEqual(kept);
    const { watermark, lastFull } = await historyAt(store, integration, TAGS);
    expect({ watermark, lastFull }).toEqual({ watermark: before.watermark, lastFull: before.lastFull });
    expect([watermark, lastFull]).not.toContain(null);
    expect(await prune(store, RETENTION)).toEqual({ changes: 0, passes: 0 });
  });

  test('drift reports are removed with the history, but the newest one of each endpoint stays at any age', async () => {
    const other = uniqueIntegrationId();
    const reports: [string, string, number[]][] = [
      [integration, TAGS, [300, 200, 100]],
      [integration, '/ats/jobs', [95, 89]],
      [other, TAGS, [95]],
    ];
    for (const [id, endpoint, ages] of reports) {
      for (const days of ages) {
        await store.pool.query(
          `insert into kombo_sync.drift (pass_id, sync_id, integration_id, endpoint, missing, stale, wrongly_live, wrongly_deleted, expected, verdict, at)
           select coalesce(max(pass_id), 0) + 1, 'x', $1, $2, 0, 0, 0, 0, 0, 'none', now() - $3 * interval '1 day' from kombo_sync.drift`,
          [id, endpoint, days],
        );
      }
    }
    const left = async (id: string) => {
      const { rows } = await store.pool.query<{ endpoint: string; days: number }>(
        `select endpoint, round(extract(epoch from now() - at) / 86400)::int as days from kombo_sync.drift
         where integration_id = $1 order by endpoint, at`,
        [id],
      );
      return rows.map(({ endpoint, days }) => `${endpoint} ${days}`);
    };
    await prune(store, RETENTION);
    expect(await left(integration)).toEqual(['/ats/jobs 89', `${TAGS} 100`]);
    expect(await left(other)).toEqual([`${TAGS} 95`]);
    // Of two reports with the same time, that of the later pass stays.
    await store.pool.query(`update kombo_sync.drift set endpoint = 'x', at = now() - interval '95 days'`);
    await prune(store, RETENTION);
    expect(await left(integration)).toEqual(['x 95']);
  });

  test('failed passes are removed with the history; running ones never are', async () => {
    const failed = await open(store, integration, TAGS, 'full');
    await store.pool.query(
      `update kombo_sync.passes set state = 'failed', finished_at = now() - interval '91 days' where id = $1`,
      [failed.id],
    );
    const running = await open(store, integration, TAGS, 'full');
    await age(running, 1);
    await prune(store, RETENTION);
    expect(await passes()).toEqual([running.id]);
  });

  test('(I15) a listing that waits for its sweep stays for two weeks, and is removed together with the debt', async () => {
    const pass = await readPass(store, integration, TAGS, 'full', [[{ id: 'a' }], [{ id: 'b' }]]);
    const pages = async () =>
      (await store.pool.query('select from kombo_sync.pass_pages where pass_id = $1', [pass.id])).rowCount;
    const owed = async () => Object.keys((await historyAt(store, integration, TAGS)).debts);
    for (const days of [0, 3, 10]) {
      await age(pass, days);
      await prune(store, RETENTION);
      expect(await pages()).toBe(2);
    }
    expect(await owed()).toEqual(['sweep']);
    await age(pass, 2);
    await prune(store, RETENTION);
    expect(await pages()).toBe(0);
    expect(await owed()).toEqual([]);
  });

  test('a listing that was replaced is removed after two days', async () => {
    const pass = await readPass(store, integration, TAGS, 'full', [[{ id: 'a' }]]);
    await readPass(store, integration, TAGS, 'full', [[{ id: 'a' }]]);
    await age(pass, 3);
    await prune(store, RETENTION);
    const { rowCount } = await store.pool.query('select from kombo_sync.pass_pages where pass_id = $1', [
      pass.id,
    ]);
    expect(rowCount).toBe(0);
  });

  async function asDelta(pass: Pass): Promise<Pass> {
    await store.pool.query(
      `update kombo_sync.passes set kind = 'delta', updated_after = started_at - interval '1 hour' where id = $1`,
      [pass.id],
    );
    return pass;
  }
});

describe('fields without a column', () => {
  test('are listed with the endpoints and counted; documented ones and our own are not', async () => {
    await readPass(store, integration, TAGS, 'full', [
      [
        { id: 'a', name: 'x', colour: 'red', changed_at: null },
        { id: 'b', colour: null, size: 1 },
      ],
    ]);
    expect(await undocumentedFields(store, { integrationId: integration })).toEqual([
      { endpoint: TAGS, field: 'colour', records: 2 },
      { endpoint: TAGS, field: 'size', records: 1 },
    ]);
    expect(await undocumentedFields(store, { endpoint: '/ats/jobs' })).toEqual([]);
  });
});
