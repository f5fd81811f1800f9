import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import type { Check } from '../../src/doctor/check.ts';
import { createSandbox, type Sandbox } from '../../sandbox/index.ts';
import { createTestStore } from '../support/database.ts';
import { uniqueTaskQueue } from '../support/temporal.ts';
import { runCommand } from './run-command.ts';
import {
  cli,
  closedPort,
  onlyDocument,
  startCli,
  startScript,
  type Finished,
  type RunningCli,
} from './spawn.ts';

// Processes take long to start on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

// One operator uses the commands in order, on real servers: those that print text in processes of their own. The tests build on
// each other.
const ID = `bombohr:cli-${process.pid}`;
const UNKNOWN = 'nobody:1';

let store: Awaited<ReturnType<typeof createTestStore>>;
let sandbox: Sandbox;
let env: Record<string, string>;
let worker: RunningCli | undefined;

beforeAll(async () => {
  store = await createTestStore();
  sandbox = createSandbox({ seed: 7, apiKey: 'ks_test', integrations: [{ id: ID, category: 'LMS' }] });
  env = {
    DATABASE_URL: store.url,
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    TASK_QUEUE: uniqueTaskQueue(),
    KOMBO_API_URL: await sandbox.listen({ port: 0, host: '127.0.0.1' }),
    KOMBO_API_KEY: 'ks_test',
    KOMBO_WEBHOOK_SECRETS: 'whsec_test',
    HOST: '127.0.0.1',
    PORT: String(await closedPort()),
  };
});

afterAll(async () => {
  worker?.kill('SIGTERM');
  await worker?.finished;
  // Also deletes the schedules, which would outlive this file on a shared server.
  await store.pool.query(`update kombo_sync.integrations set status = 'removed'`);
  await runCommand(['setup'], env);
  await sandbox.close();
  await store.close();
});

/** Runs a command with --json; its stdout must be one document, with the given exit code. */
async function run<T = Record<string, unknown>>(args: readonly string[], expectedCode = 0): Promise<T> {
  const done = await runCommand([...args, '--json'], env);
  ended(done, expectedCode);
  return onlyDocument(done.stdout) as T;
}

/** For a wrong exit code, the failure shows the output of the command. */
function ended(done: Finished, expectedCode: number): void {
  if (done.code !== expectedCode)
    throw new Error(`Expected exit code ${expectedCode}: ${JSON.stringify(done)}`);
}

test('setup can be run twice', async () => {
  ended(await cli(['setup'], env), 0);
  expect(await run(['setup'])).toEqual({
    migrations: [],
    fields: { rules: 0, changed: false, stored: null },
    searchAttributes: [],
    unusable: [],
    failed: [],
    rowCounts: { compared: 0, corrected: 0 },
    schedules: { created: [], updated: [], deleted: [], pausedByHand: [], changedByHand: [], unchanged: 0 },
  });
  expect(await run(['migrate'])).toEqual({ applied: [] });
});

test('an unknown integration is reported as not found', async () => {
  const commands = [
    ['integrations', 'show', UNKNOWN],
    ['integrations', 'add', UNKNOWN],
    ['integrations', 'pause', UNKNOWN, '--reason', 'a test'],
    ['integrations', 'resume', UNKNOWN],
    ['integrations', 'remove', UNKNOWN],
    ['status', UNKNOWN],
    ['sync', 'now', UNKNOWN],
    ['sync', 'full', UNKNOWN],
    ['sync', 'cancel', UNKNOWN],
    ['sync', 'history', UNKNOWN],
    ['cutover', UNKNOWN],
    ['audit', 'nobody:2'],
    ['drift', UNKNOWN],
    ['schedule', 'show', UNKNOWN],
    ['fields', 'undocumented', UNKNOWN],
  ];
  const answers = await Promise.all(commands.map((args) => run(args, 3)));
  for (const answer of answers) expect(answer).toMatchObject({ error: { code: 'not_found' } });
});

test('status of an empty installation is not an error', async () => {
  const none = { integrations: [], next: null, totals: { failing: 0 } };
  expect(await run(['integrations', 'list'])).toMatchObject(none);
  expect(await run(['status'])).toMatchObject({ ...none, failing: [] });
  // But it is not ready for the cutover either.
  expect(await run(['cutover'], 1)).toMatchObject({ verdict: 'wait', integrations: [] });
  expect((await cli(['cutover'], env)).stdout).toContain('There is no integration yet');
  expect(await run(['sync', 'full', '--all'])).toEqual({ syncs: [] });
  expect((await cli(['status'], env)).stdout).toContain('There is no integration yet');
});

test('an integration is looked up at Kombo and added, once', async () => {
  const added = await run(['integrations', 'add', ID, '--no-sync']);
  expect(added).toMatchObject({ new: true, schedules: 'created', sync: null });
  expect(added).toMatchObject({ integration: { id: ID, category: 'LMS', status: 'active' } });
  expect(await run(['integrations', 'add', ID, '--no-sync'])).toMatchObject({
    new: false,
    schedules: 'unchanged',
  });
  const { integrations } = await run<{ integrations: unknown[] }>(['integrations', 'list']);
  expect(integrations).toHaveLength(1);
  expect(await run(['schedule', 'show', ID])).toMatchObject({
    integrationId: ID,
    fullSync: { id: `full-sync/${ID}`, paused: false },
    catchUp: { id: `catch-up/${ID}` },
  });
});

test('without a worker, sync now says so in time, and the doctor reports it', async () => {
  const [refused, { checks }] = await Promise.all([
    run<{ error: { message: string } }>(['sync', 'now', ID], 4),
    run<{ checks: Check[] }>(['doctor'], 1),
  ]);
  expect(refused.error.message).toContain('No worker answered');
  expect(checks.filter((check) => check.status === 'fail').map((check) => check.name)).toEqual(['Worker']);
});

test('a worker prints its task queue', async () => {
  worker = startCli(['worker', '--json'], env);
  expect(JSON.parse(await worker.printed('\n'))).toEqual({
    taskQueue: env['TASK_QUEUE'],
    workflows: ['integrationSync', 'fullSync', 'eraseIntegration', 'noteIssue', 'notify'],
  });
});

test('with a worker the doctor reports no failure, although serve does not run', async () => {
  await expect
    .poll(() => run<{ checks: Check[] }>(['doctor']).catch(() => undefined), {
      timeout: 30_000,
      interval: 500,
    })
    .toMatchObject({ healthy: true });
});

test('a full sync is started, shown and waited for', async () => {
  const done = await cli(['sync', 'full', ID, '--wait'], env);
  ended(done, 0);
  expect(done.stdout).toMatch(new RegExp(`^${ID}: completed`));
  expect(done.stdout).toMatch(/^ENDPOINT +KIND +STATUS +RECORDS/m);
  expect(done.stdout).toMatch(/^\/lms\/courses +full +completed/m);
  expect(done.stderr).toContain(`A full sync has started: ${ID}, workflow full-sync/${ID}`);
});

test('--json with --wait prints only the result', async () => {
  const { result } = await run<{ result: { endpoints: object } }>([
    'sync',
    'full',
    ID,
    '--models',
    'lms_skills',
    '--wait',
  ]);
  expect(result).toMatchObject({ integrationId: ID, status: 'completed' });
  expect(Object.keys(result.endpoints)).toEqual(['/lms/skills']);
});

test('models of another category are refused as wrong use', async () => {
  expect(await run(['sync', 'full', ID, '--models', 'ats_jobs'], 2)).toMatchObject({
    error: { code: 'wrong_use', message: expect.stringContaining('Not a model of LMS: ats_jobs') as string },
  });
});

test('a delta is started now and shows up in the history', async () => {
  expect(await run(['sync', 'now', ID])).toMatchObject({ workflowId: `sync/${ID}` });
  const history = () =>
    run<{ syncs: { kind: string; status: string; trigger: string }[] }>(['sync', 'history', ID]);
  await expect
    .poll(async () => (await history()).syncs[0], { timeout: 30_000, interval: 500 })
    .toMatchObject({ kind: 'delta', status: 'completed', trigger: 'manual' });
  expect((await cli(['sync', 'history', ID], env)).stdout).toMatch(/^STARTED +TOOK +KIND/);
});

test('status shows how fresh each endpoint is', async () => {
  const { endpoints } = await run<{ endpoints: { endpoint: string; liveRows: number; watermark: string }[] }>(
    ['status', ID],
  );
  expect(endpoints.find(({ endpoint }) => endpoint === '/lms/courses')?.liveRows).toBeGreaterThan(0);
  const { stdout } = await cli(['status'], env);
  expect(stdout).toMatch(new RegExp(`^${ID} .* (now|\\d+ (s|min) ago)`, 'm'));
});

test('drift and undocumented fields are reported', async () => {
  const { drift } = await run<{ drift: { endpoint: string; verdict: string }[] }>(['drift', ID]);
  expect(drift.map(({ endpoint }) => endpoint)).toContain('/lms/skills');
  expect(drift.every(({ verdict }) => verdict === 'none')).toBe(true);
  expect(await run(['fields', 'undocumented', ID])).toEqual({ fields: [] });
});

test('the change feed is read page by page', async () => {
  const first = await run<{ changes: { seq: string }[]; next: string }>(['changes', '--limit', '2']);
  expect(first.changes).toHaveLength(2);
  expect(first.next).toBe(first.changes[1]!.seq);
  const next = await run<{ changes: { seq: string }[] }>(['changes', '--limit', '1', '--after', first.next]);
  expect(BigInt(next.changes[0]!.seq)).toBeGreaterThan(BigInt(first.next));
  const skills = await run<{ changes: { tableName: string }[] }>(['changes', '--table', 'kombo.lms_skills']);
  expect(new Set(skills.changes.map(({ tableName }) => tableName))).toEqual(new Set(['lms_skills']));
});

test('changes --follow prints a line for each change until Ctrl-C, and the exit code is 0', async () => {
  const following = startCli(['changes', '--follow', '--json', '--after', '0', '--table', 'lms_skills'], env);
  const [line] = (await following.printed('\n')).split('\n');
  expect(JSON.parse(line!)).toMatchObject({ integrationId: ID, tableName: 'lms_skills', op: 'created' });
  following.kill('SIGINT');
  expect((await following.finished).code).toBe(0);
});

test('the example starts a full sync with only the Temporal client', async () => {
  const done = await startScript('examples/start-full-sync.ts', [ID], env).finished;
  ended(done, 0);
  expect(done.stdout).toContain('/lms/courses: completed');
  expect(done.stdout).toMatch(/The full sync completed\.\n$/);
});

test('the example signs a webhook that serve accepts', async () => {
  const serving = startCli(['serve', '--json'], env);
  const { url } = JSON.parse(await serving.printed('\n')) as { url: string };
  const webhook = `${url}/webhooks/kombo`;
  const good = await startScript('examples/sign-webhook.ts', [ID, 'lms_skills', webhook], env).finished;
  ended(good, 0);
  expect(good.stdout).toMatch(/^200 /);
  const forged = { ...env, KOMBO_WEBHOOK_SECRETS: 'wrong' };
  const bad = await startScript('examples/sign-webhook.ts', [ID, 'lms_skills', webhook], forged).finished;
  expect(bad).toMatchObject({ code: 1, stdout: expect.stringMatching(/^401 /) as string });
  serving.kill('SIGTERM');
  expect((await serving.finished).code).toBe(0);
});

test('a full sync that fails says why and exits with 1; the next one works and exits with 0', async () => {
  sandbox.control.setIntegration(ID, { readError: 'INTEGRATION.AUTHENTICATION_INVALID' });
  const failed = await cli(['sync', 'full', ID, '--wait'], env);
  ended(failed, 1);
  expect(failed.stdout).toMatch(new RegExp(`^${ID}: failed`));
  expect(failed.stdout).toContain('INTEGRATION.AUTHENTICATION_INVALID');
  expect((await cli(['status'], env)).stdout).toMatch(new RegExp(`^${ID} .* parked `, 'm'));
  sandbox.control.setIntegration(ID, { readError: null });
  expect(await run(['sync', 'full', ID, '--wait'])).toMatchObject({ result: { status: 'completed' } });
  const all = await run<{ syncs: { result: { status: string } }[] }>(['sync', 'full', '--all', '--wait']);
  expect(all.syncs.map(({ result }) => result.status)).toEqual(['completed']);
});

test('SIGTERM ends the worker with exit code 0', async () => {
  worker!.kill('SIGTERM');
  const done = await worker!.finished;
  worker = undefined;
  expect(done.code).toBe(0);
});
