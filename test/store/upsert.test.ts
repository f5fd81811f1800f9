import { beforeEach, describe, expect, test } from 'vitest';
import { getEndpoint } from '../../src/domain/catalogue/index.ts';
import { upsertSql } from '../../src/store/records/upsert-sql.ts';
import type { WriteOptions } from '../../src/store/records/write-records.ts';
import { createTestStore, type TestStore } from '../support/database.ts';
import { uniqueIntegrationId } from '../support/temporal.ts';
import { at, feed, iso, readRow, rowVersions, underWay, write, type Sent } from './support.ts';

const ABSENCES = '/hris/absences';
const store = await createTestStore();
let integration: string;

beforeEach(() => {
  integration = uniqueIntegrationId();
});

const send = (time: string, records: Sent[], options?: WriteOptions) =>
  write(store, integration, ABSENCES, records, underWay(time), options);
const row = (id = 'a') => readRow(store, integration, 'hris_absences', id);
const absence = (changedAt: string | null, unit: string, more: Record<string, unknown> = {}) => ({
  id: 'a',
  unit,
  changed_at: changedAt === null ? null : iso(changedAt),
  remote_deleted_at: null,
  ...more,
});

describe('which version wins of answers that were under way at once (I12)', () => {
  test('a newer one is written, with an entry in the feed', async () => {
    expect(await send('10:00:00', [absence('09:00:00', 'DAYS')])).toMatchObject({ created: 1 });
    expect(await send('11:00:00', [absence('10:30:00', 'HOURS')])).toMatchObject({ updated: 1 });
    expect(await row()).toMatchObject({
      unit: 'HOURS',
      changed_at: at('10:30:00'),
      observed_at: at('11:00:00'),
    });
    expect(await feed(store, integration)).toEqual(['created a', 'updated a']);
  });

  test('an older one is refused, regardless of when it was asked for', async () => {
    await send('10:00:00', [absence('09:00:00', 'DAYS')]);
    expect(await send('09:30:00', [absence('08:00:00', 'OLD')])).toMatchObject({ stale: 1 });
    expect(await send('11:00:00', [absence('08:00:00', 'OLD')])).toMatchObject({ stale: 1 });
    expect(await row()).toMatchObject({ unit: 'DAYS' });
    expect(await feed(store, integration)).toEqual(['created a']);
  });

  test('with equal changed_at the later request wins, because only nested data changed', async () => {
    await send('10:00:00', [absence('09:00:00', 'DAYS', { type: { name: 'Leave' } })]);
    const renamed = absence('09:00:00', 'DAYS', { type: { name: 'Holiday' } });
    expect(await send('09:30:00', [renamed])).toMatchObject({ stale: 1 });
    expect(await send('10:30:00', [renamed])).toMatchObject({ updated: 1 });
    expect(await row()).toMatchObject({ type: { name: 'Holiday' } });
  });

  test('a tie in both is written', async () => {
    await send('10:00:00', [absence('09:00:00', 'DAYS')]);
    expect(await send('10:00:00', [absence('09:00:00', 'HOURS')])).toMatchObject({ updated: 1 });
  });

  test('without changed_at the time of the request decides, and the stored changed_at stays', async () => {
    await send('10:00:00', [absence('09:00:00', 'DAYS')]);
    expect(await send('09:59:00', [absence(null, 'OLD')])).toMatchObject({ stale: 1 });
    expect(await send('10:01:00', [absence(null, 'NEW')])).toMatchObject({ updated: 1 });
    expect(await row()).toMatchObject({ unit: 'NEW', changed_at: at('09:00:00') });
  });

  test('answers in any order and repetition end with the newest one', async () => {
    const answers = ['09:00:00', '09:10:00', '09:20:00'].map((time) => ({
      time,
      record: absence(time, time),
    }));
    for (const order of [
      [2, 1, 0],
      [1, 2, 0, 1],
      [0, 2, 2, 1, 0],
    ]) {
      integration = uniqueIntegrationId();
      for (const index of order) await send(answers[index]!.time, [answers[index]!.record]);
      expect(await row()).toMatchObject({ unit: '09:20:00' });
    }
  });
});

describe('an unchanged record costs nothing', () => {
  test('it writes no row, no dead tuple and no change', async () => {
    await send('10:00:00', [absence('09:00:00', 'DAYS'), { id: 'b' }]);
    const before = await rowVersions(store, 'hris_absences');
    expect(await send('12:00:00', [absence('09:00:00', 'DAYS'), { id: 'b' }])).toMatchObject({
      unchanged: 2,
      updated: 0,
    });
    // The same row versions at the same places, so no dead tuples were written either.
    expect(await rowVersions(store, 'hris_absences')).toEqual(before);
    expect(await feed(store, integration)).toEqual(['created a', 'created b']);
  });

  test('another order of keys is not a change', async () => {
    await send('10:00:00', ['{"id":"a","unit":"DAYS","amount":1}']);
    expect(await send('11:00:00', ['{"amount":1,"unit":"DAYS","id":"a"}'])).toMatchObject({ unchanged: 1 });
  });

  test('null and a missing field differ in raw and are the same in the column', async () => {
    await send('10:00:00', ['{"id":"a","unit":null}']);
    expect(await row()).toMatchObject({ unit: null, raw: { unit: null } });
    expect(await send('11:00:00', ['{"id":"a"}'])).toMatchObject({ updated: 1 });
    expect((await row())?.raw).toEqual({ id: 'a' });
  });
});

describe('stored values', () => {
  test('numbers of 20 digits and fractions are exact, in raw and in the column', async () => {
    await send('10:00:00', [
      '{"id":"a","amount":12345678901234567890.123456789,"x":0.1000000000000000055511151231}',
    ]);
    const stored = await row();
    expect(stored?.['amount']).toBe('12345678901234567890.123456789');
    expect(stored?.raw_text).toContain('0.1000000000000000055511151231');
  });

  test('a record of two megabytes', async () => {
    const note = 'ä'.repeat(1024 * 1024);
    expect(await send('10:00:00', [{ id: 'a', employee_note: note }, { id: 'b' }])).toMatchObject({
      created: 2,
    });
    expect((await row())?.['employee_note']).toBe(note);
  });

  test('a time without an offset is UTC, with any time zone of the database', async () => {
    const url = new URL(store.url);
    await store.pool.query(`alter database "${url.pathname.slice(1)}" set timezone = 'America/New_York'`);
    const { openStore } = await import('../../src/store/database.ts');
    const elsewhere = openStore(store.url);
    try {
      const employee = { id: 'e', start_date: '2026-07-01', changed_at: '2026-07-01T00:00:00' };
      await write(elsewhere, integration, '/hris/employees', [employee], underWay('10:00:00'));
      const stored = await readRow(elsewhere, integration, 'hris_employees', 'e');
      expect(stored).toMatchObject({
        start_date: new Date('2026-07-01T00:00:00Z'),
        changed_at: new Date('2026-07-01T00:00:00Z'),
      });
    } finally {
      await elsewhere.close();
    }
  });

  test('two integrations with the same ids do not affect each other (I11)', async () => {
    await send('10:00:00', [absence('09:00:00', 'DAYS')]);
    const first = integration;
    integration = `${first}-other`;
    await send('11:00:00', [absence('10:00:00', 'HOURS')]);
    expect(await readRow(store, first, 'hris_absences', 'a')).toMatchObject({ unit: 'DAYS' });
    expect(await row()).toMatchObject({ unit: 'HOURS' });
  });

  test('many concurrent writers of one table lose nothing', async () => {
    const writers = Array.from({ length: 8 }, (_, writer) =>
      send('10:00:00', [absence('09:00:00', 'DAYS'), { id: `w${writer}` }]),
    );
    const counts = await Promise.all(writers);
    expect(counts.reduce((sum, count) => sum + count.created, 0)).toBe(9);
    expect((await feed(store, integration)).filter((entry) => entry === 'created a')).toHaveLength(1);
  });

  test('a page with a row that another session changes is written, or fails and can be written again', async () => {
    await send('10:00:00', [absence('09:00:00', 'DAYS')]);
    const other = await store.pool.connect();
    try {
      await other.query('begin');
      await other.query(`update kombo.hris_absences set unit = 'OTHER' where integration_id = $1`, [
        integration,
      ]);
      const writing = send('11:00:00', [absence('10:00:00', 'HOURS')]).catch((error: unknown) => error);
      await expect.poll(() => waitingForRows(store)).toBe(1);
      await other.query('commit');
      // Some releases of Postgres find the row at its new place, others no longer find it.
      if ((await writing) instanceof Error) await send('11:00:00', [absence('10:00:00', 'HOURS')]);
    } finally {
      other.release();
    }
    expect(await feed(store, integration)).toEqual(['created a', 'updated a']);
    expect(await row()).toMatchObject({ unit: 'HOURS' });
  });
});

describe('the plan of the statement', () => {
  test('that is made for an empty table looks up every row by its whole key', async () => {
    const client = await store.pool.connect();
    try {
      await client.query('begin');
      await client.query('truncate kombo.hris_absences');
      await client.query(`select kombo_sync.begin_write('a plan')`);
      await client.query('set local plan_cache_mode = force_generic_plan');
      await client.query(
        `prepare page (text, text[], timestamptz, timestamptz, text, bigint, bigint) as ${upsertSql(getEndpoint(ABSENCES), {})}`,
      );
      const { rows } = await client.query<{ 'QUERY PLAN': string }>(
        `explain execute page ('i', array['{"id":"a"}'], now(), null, 'e', 1, 2)`,
      );
      const plan = rows.map((line) => line['QUERY PLAN'].trim());
      const scans = plan.flatMap((line, index) =>
        /Scan.* on hris_absences/.test(line)
          ? [`${line.replace(/^-> +| \(cost.*/g, '')}: ${plan[index + 1]}`]
          : [],
      );
      expect(scans).toHaveLength(3);
      expect(scans[0]).toMatch(/^Index Scan using hris_absences_pkey .*integration_id = .* AND \(id = /);
      for (const scan of scans.slice(1)) expect(scan).toMatch(/^Tid Scan on .*TID Cond: \(\S+ = \S+\)$/);
    } finally {
      await client.query('rollback');
      await client.query('deallocate all');
      client.release();
    }
  });
});

async function waitingForRows(where: TestStore): Promise<number> {
  const { rows } = await where.pool.query<{ waiting: number }>(
    `select count(*)::int as waiting from pg_stat_activity
     where datname = current_database() and wait_event_type = 'Lock' and wait_event = 'transactionid'`,
  );
  return rows[0]!.waiting;
}
