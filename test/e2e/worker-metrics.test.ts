import { globSync } from 'node:fs';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { freePort } from '../../src/dev/processes/ports.ts';
import { startCli } from '../cli/spawn.ts';
import { read, ROOT } from '../docs/markdown.ts';
import { eventually } from '../support/poll.ts';
import { createSystem } from './setup.ts';

const system = await createSystem({ DEBOUNCE_QUIET: '200ms', RETRY_INTERVAL: '1s' });
const { config, control } = system;
await system.server();
// In a process of its own, since the SDK has one runtime for each: the first worker's log and metrics would stay its own.
const port = await freePort();
const worker = startCli(['worker'], {
  ...system.environment,
  TEMPORAL_ADDRESS: inject('temporalAddress'),
  METRICS_PORT: String(port),
  LOG_LEVEL: 'debug',
  LOG_FORMAT: 'json',
});
await worker.printed(config.TASK_QUEUE);
afterAll(async () => {
  worker.kill('SIGTERM');
  await worker.finished;
});
const metricsUrl = `http://127.0.0.1:${port}`;
/** What it has logged so far. */
async function readLines(): Promise<Record<string, unknown>[]> {
  const text = await worker.logged('worker started');
  return text
    .split('\n')
    .flatMap((line) => (line.endsWith('}') ? [JSON.parse(line) as Record<string, unknown>] : []));
}

const scrape = async () => (await fetch(`${metricsUrl}/metrics`)).text();
const saying = async (message: string, integrationId: string) =>
  (await readLines()).filter((line) => line['msg'] === message && line['integrationId'] === integrationId);

test('a worker is ready when it polls, and says so on the port of its metrics', async () => {
  const ready = await fetch(`${metricsUrl}/readyz`);
  expect(await ready.json()).toMatchObject({
    ready: true,
    worker: { ok: true },
    temporal: { ok: true },
    database: { ok: true },
    migrations: { ok: true },
  });
  expect(ready.status).toBe(200);
  expect((await fetch(`${metricsUrl}/healthz`)).status).toBe(200);
});

describe('a sync', () => {
  test('is in the metrics of the worker, with those of the SDK, and without the id of an integration', async () => {
    const id = system.integration();
    await system.firstSync(id);
    await control.announce(id, 'integration-created');
    await eventually(async () => /kombo_sync_sync_duration_seconds_count\{[^}]*\} 1/.test(await scrape()));
    const body = await scrape();
    for (const series of [
      /^kombo_sync_pages_total\{kind="full"\} [1-9]/m,
      /^kombo_sync_records_total\{outcome="created"\} 30$/m,
      /^kombo_sync_kombo_requests_total\{endpoint="list",status="200"\} [1-9]/m,
      /^kombo_sync_kombo_requests_total\{endpoint="integration",status="200"\} [1-9]/m,
      /^kombo_sync_kombo_request_duration_seconds_count\{endpoint="list"\} [1-9]/m,
      /^kombo_sync_page_write_duration_seconds_count [1-9]/m,
      /^kombo_sync_pass_duration_seconds_count\{kind="full",outcome="completed"\} [1-9]/m,
      /^kombo_sync_sync_duration_seconds_count\{trigger="\w+",status="completed"\} [1-9]/m,
      /^# TYPE kombo_sync_kombo_budget_wait_seconds histogram$/m,
      /^temporal_worker_task_slots_available\{.*worker_type="ActivityWorker".*\} \d+/m,
      /^temporal_activity_schedule_to_start_latency_seconds_count\{.*\} [1-9]/m,
      /^temporal_num_pollers\{.*\} \d+/m,
      /^temporal_sticky_cache_size\{?.*\}? \d+/m,
      /^temporal_request_total\{.*operation="RespondWorkflowTaskCompleted".*\} [1-9]/m,
      /^process_cpu_seconds_total /m,
    ]) {
      expect(body).toMatch(series);
    }
    expect(body).not.toContain(id);
    expect(body).not.toContain('integration="');
    const files = globSync('deploy/{grafana/*.json,prometheus/alerts.yaml}', { cwd: ROOT });
    const asked = files.flatMap((file) => read(file).match(/\btemporal_\w+/g) ?? []);
    expect(asked.length).toBeGreaterThan(10);
    for (const name of new Set(asked)) expect(body).toMatch(new RegExp(`^${name}[{ ]`, 'm'));
  });

  test('has one line when it ends, which says what, how much, how long and where', async () => {
    const id = system.integration();
    await system.firstSync(id);
    const [user] = control.ids(id, 'lms_users') as [string];
    control.update(id, 'lms_users', user, { remote_id: 'v1' });
    await control.flushWebhook(id);
    await system.arrives(id, 'lms_users', user, 'v1');
    const result = await system.settled(id);
    const ended = async () =>
      (await saying('sync completed', id)).filter(({ endpoints }) => String(endpoints) === '/lms/users');
    await eventually(async () => (await ended()).length > 0);
    expect(await ended()).toHaveLength(1);
    expect((await ended())[0]).toMatchObject({
      level: 30,
      trigger: 'webhook',
      endpoints: ['/lms/users'],
      failed: [],
      counts: { updated: result.counts.updated },
      ms: expect.any(Number) as number,
      workflowId: `sync/${id}`,
      runId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
    });
    const pages = async () =>
      (await saying('page written', id)).filter(
        (line) => line['kind'] === 'delta' && line['endpoint'] === '/lms/users',
      );
    await eventually(async () => (await pages()).length > 0);
    expect((await pages())[0]).toMatchObject({ level: 20, activity: 'startSync', workflowId: `sync/${id}` });
    expect(JSON.stringify(await readLines())).not.toContain('"v1"');
  });

  test('and each pass that failed has a line, with the run that it belongs to', async () => {
    const id = system.integration();
    await system.firstSync(id);
    const fault = control.addFault({
      kind: 'error',
      status: 500,
      code: 'PLATFORM.UNKNOWN_ERROR',
      integration: id,
      endpoint: '/lms/courses',
      count: 'always',
    });
    await system.tell(id, ['lms_courses', 'lms_users']);
    const failures = async () =>
      (await readLines()).filter((line) => line['integrationId'] === id && line['failures'] !== undefined);
    await eventually(async () => (await failures()).length >= 2);
    for (const line of await failures()) {
      expect(line['level']).toBeGreaterThanOrEqual(30);
      expect(line).toMatchObject({
        integrationId: id,
        kind: 'delta',
        pages: 0,
        ms: expect.any(Number) as number,
        workflowId: `sync/${id}`,
        runId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
        activity: expect.stringMatching(/^(startSync|syncEndpoint)$/) as string,
      });
    }
    expect((await saying('sync partial', id))[0]).toMatchObject({ failed: ['/lms/courses'] });
    expect(await scrape()).toMatch(
      /^kombo_sync_pass_duration_seconds_count\{kind="delta",outcome="failed"\} [1-9]/m,
    );
    expect(await scrape()).toMatch(/^kombo_sync_kombo_requests_total\{endpoint="list",status="500"\} [1-9]/m);
    control.removeFault(fault);
  });
});
