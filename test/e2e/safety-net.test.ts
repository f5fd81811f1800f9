import { afterAll, expect, test } from 'vitest';
import { fullSyncScheduleId } from '../../src/domain/names.ts';
import { judgeSafetyNet } from '../../src/doctor/safety-net.ts';
import { createMetrics } from '../../src/http/monitoring/metrics.ts';
import { readSafetyNet } from '../../src/operations/safety-net.ts';
import { deleteSchedules, ensureSchedules } from '../../src/temporal/schedules.ts';
import { saveIntegration } from '../../src/store/state/integrations.ts';
import { pageReader } from '../http/page-reader.ts';
import { eventually } from '../support/poll.ts';
import { statesFromPasses } from '../support/states.ts';
import { uniqueIntegrationId } from '../support/temporal.ts';
import { createSystem } from './setup.ts';

const system = await createSystem({ ADMIN_TOKEN: 'admin-token-of-the-tests' });
const { config, store, temporal } = system;
const { client } = temporal;
const ids: string[] = [];
afterAll(async () => {
  for (const id of ids) await deleteSchedules(client, id);
});

const read = () => readSafetyNet({ store, config, client, timeoutMs: 10_000 });

/** An integration that has been active for a month and was read in full so many days ago; null: never. */
async function integration(days: number | null): Promise<string> {
  const id = uniqueIntegrationId();
  ids.push(id);
  const saved = await saveIntegration(store, { id, tool: 'bombohr', category: 'LMS' });
  await store.pool.query(
    `update kombo_sync.integrations set status_since = now() - interval '30 days' where id = $1`,
    [id],
  );
  if (days !== null) {
    for (const path of ['/lms/users', '/lms/courses', '/lms/skills', '/lms/course-progressions']) {
      await store.pool.query(
        `insert into kombo_sync.passes (sync_id, workflow_id, run_id, integration_id, endpoint, kind, trigger, because,
           state, watermark_at, moves_watermark, started_at, finished_at)
         values (gen_random_uuid(), 'w', 'r', $1, $2, 'full', 'schedule', 'full-sync', 'completed', now(), true,
           now() - $3 * interval '1 day', now() - $3 * interval '1 day')`,
        [id, path, days],
      );
    }
    await statesFromPasses(store);
  }
  await ensureSchedules(client, config, saved);
  return id;
}

test('a schedule that was paused by hand, is missing or whose reads fail is told in the doctor, the metrics and the pages', async () => {
  const fine = await integration(3);
  const paused = await integration(2);
  const missing = await integration(1);
  const failing = await integration(4);
  await client.schedule.getHandle(fullSyncScheduleId(paused)).pause('holidays <b>');
  await deleteSchedules(client, missing);
  await store.pool.query(
    `insert into kombo_sync.debts (integration_id, endpoint, kind, since, failing_since, failures, failure_class, due_at)
     values ($1, '/lms/users', 'full', now(), now(), 3, 'Unavailable', now())`,
    [failing],
  );
  // The list of schedules follows a little later.
  const net = await eventually(async () => {
    const found = await read();
    return found.schedules?.byState.paused === 1 && found.schedules.byState.missing === 1 && found;
  });
  expect(net.schedules).toEqual({
    byState: { ok: 1, missing: 1, paused: 1, no_next_run: 0, last_run_failed: 1 },
    troubled: expect.arrayContaining([
      { id: paused, state: 'paused', byHand: true, note: 'holidays <b>' },
      { id: missing, state: 'missing', byHand: false, note: null },
      { id: failing, state: 'last_run_failed', byHand: false, note: null },
    ]) as unknown,
  });
  expect(net.oldest?.id).toBe(failing);

  expect(judgeSafetyNet(net, new Date())).toEqual({
    name: 'Full syncs',
    status: 'warn',
    message: `1 paused (${paused} by hand in Temporal: "holidays <b>"), 1 with a last run that failed (${failing}); the oldest full pass is 4 days old (${failing})`,
    remedy: `Resume it: temporal schedule toggle --unpause --schedule-id '${fullSyncScheduleId(paused)}'`,
  });

  const { body } = await createMetrics().render(undefined, net);
  expect(body).toContain('kombo_sync_schedules{state="paused"} 1');
  expect(body).toContain('kombo_sync_schedules{state="missing"} 1');
  expect(body).toContain('kombo_sync_schedules{state="ok"} 1');
  expect(body).toContain('kombo_sync_temporal_up 1');
  const [, age] = /^kombo_sync_full_sync_age_seconds (\S+)$/m.exec(body)!;
  expect(Number(age) / 86_400).toBeCloseTo(4, 2);
  for (const id of [fine, paused, missing, failing]) expect(body).not.toContain(id);

  const page = await (await pageReader(store, { config }))('/');
  expect(page.text).toMatch(
    new RegExp(`1 weekly full sync is paused : ${paused} \\(by hand in Temporal: “holidays &lt;b&gt;”\\)`),
  );
  expect(page.text).toContain(
    `temporal schedule toggle --unpause --schedule-id &#39;${fullSyncScheduleId(paused)}&#39;`,
  );
  expect(page.text).toMatch(new RegExp(`1 weekly full sync has no schedule : ${missing} `));
});

test('while Temporal is away, the age of the oldest full pass is still known, and the states are not', async () => {
  const id = await integration(9);
  const away = { withDeadline: () => Promise.reject(new Error('away')) } as unknown as typeof client;
  const net = await readSafetyNet({ store, config, client: away, timeoutMs: 100 });
  expect(net).toMatchObject({ oldest: { id }, schedules: undefined });
  expect(judgeSafetyNet(net, new Date())).toMatchObject({
    status: 'warn',
    message: `the oldest full pass is 9 days old (${id}); Temporal did not list the schedules in time`,
  });
  const { body } = await createMetrics().render(undefined, net);
  expect(body).toContain('kombo_sync_temporal_up 0');
  expect(body).not.toMatch(/^kombo_sync_schedules\{/m);
});
