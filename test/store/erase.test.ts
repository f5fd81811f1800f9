import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ErrorClass } from '../../src/domain/errors.ts';
import type { IntegrationStatus } from '../../src/domain/life.ts';
import { commitPage } from '../../src/store/records/commit-page.ts';
import { transaction } from '../../src/store/database.ts';
import { addDeliveries, noteServed } from '../../src/store/state/deliveries.ts';
import { claimKey } from '../../src/store/state/idempotency.ts';
import { noteFailure, owe } from '../../src/store/state/debts.ts';
import { eraseSome, markErased } from '../../src/store/records/erase.ts';
import { readRowCounts } from '../../src/store/records/row-counts.ts';
import { findIntegration, saveIntegration } from '../../src/store/state/integrations.ts';
import { saveIssue } from '../../src/store/state/issues.ts';
import { remove, revive } from '../../src/store/state/life.ts';
import { endPass } from '../../src/store/state/pass-life.ts';
import { createTestStore, waitsForLock } from '../support/database.ts';
import { requireRightCounts, wrongCounts } from '../support/row-counts.ts';
import { getPass, historyAt, makePage, open, PLAIN, readPass, readRow } from './support.ts';

const store = await createTestStore();
let integrations = 0;
let id = '';

/** The rows of an integration in every table except its own row, its view, and the audit log. */
async function rowsOf(integrationId: string): Promise<Record<string, number>> {
  const { rows: tables } = await store.pool.query<{ name: string }>(
    `select format('%I.%I', table_schema, table_name) as name from information_schema.columns
     where table_schema in ('kombo', 'kombo_sync') and column_name = 'integration_id'
       and table_name not in ('audit_log', 'unknown_integrations', 'integrations')`,
  );
  const counts = await Promise.all(
    tables.map(async ({ name }) => {
      const { rows } = await store.pool.query<{ count: number }>(
        `select count(*)::int as count from ${name} where integration_id = $1`,
        [integrationId],
      );
      return [name, rows[0]!.count] as const;
    }),
  );
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}

async function eraseAll(integrationId: string): Promise<number> {
  let total = 0;
  for (
    let rows = await eraseSome(store, integrationId);
    rows > 0;
    rows = await eraseSome(store, integrationId)
  ) {
    total += rows;
  }
  return total;
}

const issueOf = (integrationId: string) => ({
  id: `issue-${integrationId}`,
  integrationId,
  type: 't',
  title: 'T',
  message: 'M',
  firstObservedAt: new Date().toISOString(),
  resolvedAt: null,
});

/** At least one row in each table. */
async function fill(integrationId: string, records = 3): Promise<void> {
  const at = new Date();
  await saveIntegration(store, {
    id: integrationId,
    tool: 'demo',
    category: 'ATS',
    organizationName: 'Acme',
    originId: '36123',
  });
  const page = Array.from({ length: records }, (_, index) => ({ id: `${index}` }));
  await readPass(store, integrationId, '/ats/tags', 'full', [page, [{ name: 'no id' }]]);
  await readPass(store, integrationId, '/ats/jobs', 'full', [[{ id: 'job' }]]);
  await owe(store, integrationId, [{ endpoint: '/ats/offers', kind: 'full' }]);
  const count = { type: 'data-changed', outcome: 'accepted' as const, times: 1, firstAt: at, lastAt: at };
  await addDeliveries(store, [{ integrationId, ...count }]);
  await store.pool.query(
    `with reader as (insert into kombo_sync.consumers (name, seq) values ($1, 0) returning name)
     insert into kombo_sync.consumer_failures (consumer, seq, integration_id, table_name, id, op, at, error)
     select name, 1, $1, 'ats_tags', '0', 'created', now(), 'x' from reader`,
    [integrationId],
  );
  await store.pool.query(
    `insert into kombo_sync.changes_signals (table_name, integration_id, seq, up_to, since)
     values ('ats_tags', $1, 0, 1, now())`,
    [integrationId],
  );
  await store.pool.query(
    `insert into kombo_sync.told (target, kind, key, integration_id, since) values ('webhook', 'stale', $1, $1, now())`,
    [integrationId],
  );
  await claimKey(store, `key of ${integrationId}`, 'request', integrationId);
  const served = { type: 'data-changed', times: 1, firstAt: at.getTime(), lastAt: at.getTime() };
  await noteServed(store, integrationId, `${integrationId}/1`, [served]);
  await saveIssue(store, issueOf(integrationId));
  await store.pool.query(
    `insert into kombo_sync.drift (pass_id, sync_id, integration_id, endpoint, missing, stale, wrongly_live, wrongly_deleted, expected, verdict)
     select id, sync_id, integration_id, endpoint, 0, 0, 0, 0, 0, 'none' from kombo_sync.passes where integration_id = $1`,
    [integrationId],
  );
}

const leave = (integrationId: string) =>
  remove(store, integrationId, { code: 'Deleted', message: 'It was deleted.', at: new Date() });

beforeEach(async () => {
  id = `demo:${++integrations}`;
  await fill(id);
});

// The counts of rows move with them.
afterEach(() => requireRightCounts(store));

test('an issue that Kombo reports after the erasure is not stored', async () => {
  await leave(id);
  await eraseAll(id);
  await markErased(store, id);
  expect(await saveIssue(store, issueOf(id))).toBe(false);
  expect(await rowsOf(id)).toEqual({});
});

test('everything of a removed integration is erased except its own row, and nothing of others', async () => {
  const other = `${id}-other`;
  await fill(other);
  await leave(other);
  await revive(store, other);
  const before = await rowsOf(other);
  expect(Object.keys(before)).toHaveLength(16);
  await leave(id);
  expect(await eraseAll(id)).toBeGreaterThan(10);
  await markErased(store, id);
  expect(await rowsOf(id)).toEqual({});
  expect(await findIntegration(store, id)).toMatchObject({
    status: 'removed',
    organizationName: null,
    originId: null,
    erasedAt: expect.any(Date) as Date,
  });
  expect(await rowsOf(other)).toEqual(before);
});

test('rows are erased in batches', async () => {
  const big = `${id}-big`;
  await fill(big, 4_500);
  await leave(big);
  const steps = [];
  for (let rows = await eraseSome(store, big); rows > 0; rows = await eraseSome(store, big)) steps.push(rows);
  expect(Math.max(...steps)).toBe(2_000);
  expect(await rowsOf(big)).toEqual({});
});

test('nothing is erased of an integration that is not removed', async () => {
  const before = await rowsOf(id);
  expect(await eraseSome(store, id)).toBe(0);
  await markErased(store, id);
  expect(await rowsOf(id)).toEqual(before);
  expect(await findIntegration(store, id)).toMatchObject({ organizationName: 'Acme', erasedAt: null });
});

test('(I21) an integration that comes back half-way counts as never read, so that it is read in full', async () => {
  await leave(id);
  await eraseSome(store, id);
  await revive(store, id);
  expect(await eraseSome(store, id)).toBe(0);
  const left = await rowsOf(id);
  expect(left).toHaveProperty(['kombo.ats_tags']);
  expect(left).not.toHaveProperty(['kombo_sync.endpoint_states']);
});

test('(I7) the count of rows is right after each step, in case the integration comes back', async () => {
  const big = `${id}-counted`;
  await fill(big, 4_500);
  await leave(big);
  const left = new Set<number>();
  while ((await eraseSome(store, big)) > 0) {
    expect(await wrongCounts(store)).toEqual([]);
    left.add((await readRowCounts(store, big)).get('ats_tags')?.live ?? 0);
  }
  expect([...left]).toEqual([4_500, 2_500, 500, 0]);
});

/** Runs the work while another connection is changing the status, and checks that it waits for that. */
async function during<T>(status: IntegrationStatus, act: () => Promise<T>): Promise<PromiseSettledResult<T>> {
  const { waiting } = await transaction(store.pool, async (client) => {
    await client.query('update kombo_sync.integrations set status = $2 where id = $1', [id, status]);
    const waiting = [Promise.allSettled([act()])] as const;
    await waitsForLock(store);
    return { waiting };
  });
  return (await waiting[0])[0];
}

test('a step waits for an integration that comes back, and then deletes nothing', async () => {
  await leave(id);
  const before = await rowsOf(id);
  expect(await during('active', () => eraseSome(store, id))).toMatchObject({ value: 0 });
  expect(await rowsOf(id)).toEqual(before);
});

const GONE = { reason: { errorClass: 'IntegrationGone' } };

test('a page waits for a removal under way, and is then not written', async () => {
  const pass = await open(store, id, '/ats/jobs', 'full');
  const commit = () => commitPage(store, pass, makePage('/ats/jobs', [{ id: 'late' }]), PLAIN);
  expect(await during('removed', commit)).toMatchObject(GONE);
  expect(await readRow(store, id, 'ats_jobs', 'late')).toBeUndefined();
});

describe('nothing that an erasure would miss is written while an integration is removed', () => {
  test('no pass', async () => {
    const before = await rowsOf(id);
    expect(await during('removed', () => open(store, id, '/ats/jobs', 'full'))).toMatchObject(GONE);
    expect(await rowsOf(id)).toEqual(before);
  });

  test('no pass that resumes another one, which stays as it was', async () => {
    const pass = await open(store, id, '/ats/jobs', 'full');
    await commitPage(store, pass, makePage('/ats/jobs', [], { next: 'page 2' }), PLAIN);
    await endPass(store, pass.id, { state: 'failed', code: 'Unavailable', message: 'away', resumable: true });
    const before = await rowsOf(id);
    expect(await during('removed', () => open(store, id, '/ats/jobs', 'full'))).toMatchObject(GONE);
    expect(await rowsOf(id)).toEqual(before);
    expect(await getPass(store, pass.id)).toMatchObject({ cursor: 'page 2' });
  });

  const USERS = '/ats/users';
  const fail = (errorClass: ErrorClass) => async () => {
    const error = { errorClass, code: errorClass, message: 'm' };
    const failed = { integrationId: id, endpoint: USERS, kind: 'delta' as const, tryId: 'try', error };
    await noteFailure(store, failed, { firstMs: 60_000, maxMs: 60_000, giveUpMs: 60_000 });
  };
  const isOwed = async () => 'delta' in (await historyAt(store, id, USERS)).debts;

  test.each<[string, () => Promise<void>]>([
    ['read that is owed', () => owe(store, id, [{ endpoint: USERS, kind: 'delta' }])],
    ['failure', fail('Unavailable')],
    ['endpoint that is not offered', fail('EndpointDisabled')],
  ])('no %s', async (_what, note) => {
    expect(await during('removed', note)).toMatchObject({ status: 'fulfilled' });
    expect(await isOwed()).toBe(false);
    await note();
    expect(await isOwed()).toBe(false);
    await revive(store, id);
    await note();
    expect(await isOwed()).toBe(true);
  });
});
