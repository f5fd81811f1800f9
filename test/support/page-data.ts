import type { Client } from '@temporalio/client';
import type { Config } from '../../src/config.ts';
import { CATEGORIES, enabledEndpoints } from '../../src/domain/catalogue/index.ts';
import { beginAudit, endAudit } from '../../src/store/state/audit.ts';
import type { Store } from '../../src/store/database.ts';
import { addDeliveries } from '../../src/store/state/deliveries.ts';
import { owe } from '../../src/store/state/debts.ts';
import { saveIntegration } from '../../src/store/state/integrations.ts';
import { park, pause } from '../../src/store/state/life.ts';
import { noteUnknown } from '../../src/store/state/unknown-integrations.ts';
import { ensureSchedules } from '../../src/temporal/schedules.ts';
import { insertDebt } from './debts.ts';
import { uniqueIntegrationId } from './temporal.ts';
import { statesFromPasses } from './states.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const ago = (ms: number) => new Date(Date.now() - ms);

/** The number of rows of the active integration. */
const ROWS = {
  hris_employees: 412,
  hris_employments: 436,
  hris_groups: 57,
  hris_locations: 9,
  hris_legal_entities: 3,
  hris_absence_types: 11,
  hris_absences: 1_904,
};

export interface Three {
  /** One endpoint fails, another one is not offered, a full sync runs. */
  active: string;
  parked: string;
  paused: string;
}

/** Inserts three integrations with everything that a page can show, and with real schedules. */
export async function insertThree(store: Store, client: Client, config: Config): Promise<Three> {
  const ids = {
    active: uniqueIntegrationId('personio'),
    parked: uniqueIntegrationId('greenhouse'),
    paused: uniqueIntegrationId('docebo'),
  };
  const known = { state: 'ACTIVE', setupStatus: 'COMPLETED', createdAt: ago(90 * 24 * HOUR) };
  const all = [
    { id: ids.active, tool: 'personio', category: 'HRIS', organizationName: 'Acme Robotics GmbH', ...known },
    { id: ids.parked, tool: 'greenhouse', category: 'ATS', organizationName: 'Globex Corporation', ...known },
    { id: ids.paused, tool: 'docebo', category: 'LMS', organizationName: null, ...known },
  ] as const;
  for (const integration of all) {
    const saved = await saveIntegration(store, integration);
    await insertPasses(store, { id: saved.id, deltas: 6 });
    await ensureSchedules(client, config, saved);
  }
  await park(store, ids.parked, {
    code: 'INVALID',
    message: "The tool refuses Kombo's credentials.",
    needsAttention: true,
    retryInMs: null,
  });
  await pause(store, ids.paused, 'Initech moves its catalogue until Friday');
  await store.pool.query(
    `update kombo_sync.integrations set created_at = now() - interval '60 days', looked_up_at = now() - interval '7 hours',
       status_since = now() - case status when 'active' then interval '60 days' else interval '5 hours' end
     where id = any($1)`,
    [Object.values(ids)],
  );
  await insertTroubles(store, ids.active);
  await insertActs(store, ids);
  for (let times = 0; times < 3; times += 1) await noteUnknown(store, 'workday:8WzrR5aQ2cVbN1sLk0pXe7Ty');
  return ids;
}

async function insertTroubles(store: Store, id: string): Promise<void> {
  // Endpoints that fail or are not offered were not read lately.
  await store.pool.query(
    `delete from kombo_sync.passes where integration_id = $1 and (endpoint = '/hris/timesheets'
       or endpoint = '/hris/absences' and started_at > now() - interval '1 hour'
       or endpoint = '/hris/time-off-balances' and started_at > now() - interval '30 hours')`,
    [id],
  );
  await statesFromPasses(store, id);
  for (const [table, rows] of Object.entries(ROWS)) {
    await store.pool.query(
      `insert into kombo.${table} (integration_id, id, raw, observed_at, asked_seq, arrived_seq)
       select $1, n::text, '{}', now(), 0, 0 from generate_series(1, $2::int) n`,
      [id, rows],
    );
  }
  await insertDebt(store, id, {
    endpoint: '/hris/absences',
    kind: 'delta',
    dueAt: ago(-4 * MINUTE),
    failure: {
      code: 'PLATFORM.TASK_TIMED_OUT',
      message: 'Kombo answered /hris/absences with PLATFORM.TASK_TIMED_OUT. It is tried again.',
      failures: 3,
      since: ago(40 * MINUTE),
      triedAt: ago(10 * MINUTE),
    },
  });
  await insertDebt(store, id, {
    endpoint: '/hris/time-off-balances',
    kind: 'full',
    dueAt: ago(-5 * HOUR),
    failure: {
      errorClass: 'RequestRejected',
      code: 'PLATFORM.INPUT_INVALID',
      message: 'Kombo answered /hris/time-off-balances with PLATFORM.INPUT_INVALID.',
      failures: 9,
      since: ago(30 * HOUR),
      triedAt: ago(HOUR),
      needsAttention: true,
      givenUp: true,
    },
  });
  await insertDebt(store, id, {
    endpoint: '/hris/timesheets',
    kind: 'delta',
    dueAt: ago(-24 * HOUR),
    failure: {
      errorClass: 'EndpointDisabled',
      code: 'INTEGRATION.MODEL_NOT_AVAILABLE',
      message: 'The tool does not offer this endpoint or its scope is off; it is looked at again in a day.',
      since: ago(0),
      triedAt: ago(0),
      givenUp: true,
    },
  });
  await owe(store, id, [{ endpoint: '/hris/groups', kind: 'full', dueAt: ago(-2 * HOUR) }]);
  await store.pool.query(
    `insert into kombo_sync.rejected_records (integration_id, endpoint, record_key, reason, hash)
     select $1, '/hris/employees', n::text, 'no_id', n::text from generate_series(1, 3) n`,
    [id],
  );
  await store.pool.query(
    `insert into kombo_sync.passes (sync_id, workflow_id, run_id, integration_id, endpoint, kind, trigger, because, state,
       watermark_at, moves_watermark, pages, records, created, started_at)
     select 'running/' || $1::text, 'full-sync/' || $1::text, 'run-2', $1, path, 'full', 'manual', 'full-sync', 'running', now(), true,
       12 * n, 3000 * n, 14, now() - interval '3 minutes'
     from unnest(array['/hris/employees', '/hris/employments']) with ordinality e(path, n)`,
    [id],
  );
  await store.pool.query(
    `insert into kombo_sync.passes (sync_id, workflow_id, run_id, integration_id, endpoint, kind, trigger, because, state,
       updated_after, watermark_at, moves_watermark, error_code, error_message, started_at, finished_at)
     select 'failed/' || $1::text, 'sync/' || $1::text, 'run-1', $1, path, 'delta', 'catch-up', 'catch-up', 'failed',
       now() - interval '2 hours', now(), true, code, 'Kombo answered with an error.', now() - interval '11 minutes',
       now() - interval '10 minutes'
     from (values ('/hris/absences', 'PLATFORM.TASK_TIMED_OUT'), ('/hris/time-off-balances', 'PLATFORM.INPUT_INVALID'))
       as e(path, code)`,
    [id],
  );
  await store.pool.query(
    `update kombo_sync.drift set verdict = 'unexpected', missing = 2, stale = 1
     where integration_id = $1 and endpoint = '/hris/employees'`,
    [id],
  );
  await statesFromPasses(store, id);
}

async function insertActs(store: Store, ids: Three): Promise<void> {
  const act = { source: 'cli', address: null, integrationId: ids.active } as const;
  const sync = await beginAudit(store, { ...act, actor: 'ada@ops-1', action: 'full-sync', details: {} });
  await endAudit(store, sync, { outcome: 'done' });
  const now = await beginAudit(store, {
    ...act,
    actor: 'nightly-check',
    source: 'api',
    address: '10.1.2.3',
    action: 'sync-now',
    details: { models: ['hris_employees'] },
  });
  await endAudit(store, now, { outcome: 'failed', message: 'No worker answered on task queue kombo-sync.' });
  const times = { firstAt: ago(20 * 24 * HOUR), lastAt: ago(3 * MINUTE) };
  await addDeliveries(store, [
    { integrationId: ids.active, type: 'data-changed', outcome: 'accepted', times: 1_842, ...times },
    { integrationId: ids.active, type: 'sync-finished', outcome: 'accepted', times: 311, ...times },
    { integrationId: ids.active, type: 'connection-flow-failed', outcome: 'ignored', times: 1, ...times },
  ]);
}

/** Inserts a full sync some days ago and later deltas, for all endpoints of one integration or of all. */
export async function insertPasses(
  store: Store,
  { id = null, deltas }: { id?: string | null; deltas: number },
): Promise<void> {
  const read = CATEGORIES.flatMap((category) => enabledEndpoints(category));
  await store.pool.query(
    `insert into kombo_sync.passes (sync_id, workflow_id, run_id, integration_id, endpoint, kind, trigger, because, state,
       updated_after, watermark_at, moves_watermark, pages, records, updated, unchanged, started_at, finished_at)
     select i.id || '/' || k, case when k = 0 then 'full-sync/' else 'sync/' end || i.id, 'run-0', i.id, e.path,
       case when k = 0 then 'full' else 'delta' end, case when k = 0 then 'schedule' else 'webhook' end,
       case when k = 0 then 'full-sync' else 'webhook' end, 'completed',
       case when k > 0 then s.at - interval '1 hour' end, s.at, true, 1, 40 - k, k, 40 - 2 * k, s.at,
       s.at + interval '20 seconds'
     from kombo_sync.integrations i
     join unnest($1::text[], $2::text[]) e(category, path) on e.category = i.category
     cross join generate_series(0, $3::int) k
     cross join lateral (
       select now() - interval '2 minutes' - ($3::int - k) * interval '9 hours' as at) s
     where i.status <> 'removed' and ($4::text is null or i.id = $4)`,
    [read.map(({ category }) => category), read.map(({ path }) => path), deltas, id],
  );
  await store.pool.query(
    `insert into kombo_sync.drift
       (pass_id, sync_id, integration_id, endpoint, missing, stale, wrongly_live, wrongly_deleted, expected, verdict, at)
     select id, sync_id, integration_id, endpoint, 0, 0, 0, 0, 0, 'none', finished_at
     from kombo_sync.passes where kind = 'full' and ($1::text is null or integration_id = $1)`,
    [id],
  );
  await statesFromPasses(store, id);
}

/** Inserts `amount` integrations as rows, without schedules and runs. Every 50th is parked, every 20th HRIS fails. */
export async function insertMany(store: Store, amount: number): Promise<void> {
  await store.pool.query(
    `insert into kombo_sync.integrations (id, tool, category, organization_name, status, status_code, status_reason,
       needs_attention, removed_at, looked_up_at, created_at)
     select tool || ':' || substr(md5(n::text), 1, 12), tool, category, 'Company ' || n, status,
       case status when 'parked' then 'INACTIVE' when 'removed' then 'Deleted' end,
       case status when 'paused' then 'Moves house' end, status = 'parked',
       case status when 'removed' then now() - interval '3 days' end, now(), now() - interval '40 days'
     from (
       select n, t.tool, t.category,
         case when n % 50 = 0 then 'parked' when n % 333 = 0 then 'paused' when n % 501 = 0 then 'removed' else 'active' end
           as status
       from generate_series(1, $1::int) n
       join (values (0, 'personio', 'HRIS'), (1, 'bamboohr', 'HRIS'), (2, 'greenhouse', 'ATS'), (3, 'docebo', 'LMS'))
         as t(k, tool, category) on t.k = n % 4) all_of_them`,
    [amount],
  );
  await insertPasses(store, { deltas: 1 });
  await store.pool.query(
    `insert into kombo_sync.debts (integration_id, endpoint, kind, since, due_at, failures, failing_since, tried_at,
       failure_class, failure_code, failure_message)
     select id, '/hris/absences', 'delta', now() - interval '1 hour', now() + interval '5 minutes', 2,
       now() - interval '1 hour', now(), 'Unavailable', 'PLATFORM.TASK_TIMED_OUT', 'It timed out.'
     from kombo_sync.integrations
     where category = 'HRIS' and substr(organization_name, 9)::int % 20 = 1`,
  );
  await store.pool.query(
    `insert into kombo_sync.deliveries (integration_id, type, outcome, times, first_at, last_at)
     select id, type, 'accepted', 100, now() - interval '30 days', now() - interval '1 hour'
     from kombo_sync.integrations, unnest(array['data-changed', 'sync-finished']) type`,
  );
  await store.pool.query('analyze');
}
