import { beforeAll, describe, expect, test, vi } from 'vitest';
import type { SyncResult } from '../../src/domain/sync.ts';
import { signalChanges } from '../../src/temporal/start.ts';
import { uniqueIntegrationId } from '../support/temporal.ts';
import type { Finished } from './spawn.ts';
import { createCliSystem, type CliSystem } from './system.ts';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });

const ID = uniqueIntegrationId();
const OTHER = uniqueIntegrationId();
const records = { lms_users: 1_500, lms_courses: 5, lms_skills: 5, lms_course_progressions: 5 };

let system: CliSystem;

beforeAll(async () => {
  system = await createCliSystem([
    { id: ID, category: 'LMS', records },
    { id: OTHER, category: 'LMS', scale: 0 },
  ]);
  await system.text(['integrations', 'add', ID, '--no-sync']);
  await system.worker();
});

/** Delays each page of the users. */
const slowly = (ms: number) =>
  system.control.addFault({ kind: 'delay', ms, endpoint: '/lms/users', integration: ID, count: 'always' });

/** Runs a slow full sync until its output matches, and then without the delay to its end. */
async function waitUntil(told: RegExp): Promise<Finished> {
  const fault = slowly(2_000);
  const waiting = system.start(['sync', 'full', ID, '--wait']);
  await waiting.logged(told);
  system.control.removeFault(fault);
  return waiting.finished;
}

const lines = (text: string, start: string) => text.split('\n').filter((line) => line.startsWith(start));

test('the first full sync shows what it reads, and no expected number', async () => {
  const { code, stdout, stderr } = await waitUntil(/\/lms\/users: .* records, \d+\/s$/m);
  expect(code).toBe(0);
  expect(stderr).toContain(`A full sync has started: ${ID}, workflow full-sync/${ID}, run `);
  expect(stderr).toContain('Ctrl-C stops the waiting; the sync continues.');
  const users = lines(stderr, `${ID} /lms/users`);
  expect(users[0]).toMatch(/: \d+ pages?, \d+ records?$/);
  expect(users.at(-2)).toMatch(/: \d pages?, \d+ records, \d+\/s$/);
  expect(users.at(-1)).toMatch(/: completed, 6 pages, 1500 records in \d+(\.\d)? s \(\d+\/s\)$/);
  expect(stderr).not.toContain('of about');
  // A look may have come while they were read.
  const skills = lines(stderr, `${ID} /lms/skills`);
  expect(skills.filter((line) => line.includes(': completed, 1 page, 5 records in '))).toEqual([
    skills.at(-1),
  ]);
  expect(stdout).toMatch(
    new RegExp(`^${ID}: completed in \\d+(\\.\\d)? s \\(\\d+ pages, 1515 records, .* records a second\\)`),
  );
  expect(stdout).toMatch(/^\/lms\/users +full +completed +1500 +1500 /m);
});

test('the next one shows the expected number and when it ends', async () => {
  const { stderr } = await waitUntil(/\/lms\/users: .* of about 1500 .*, ends in about /);
  const known = lines(stderr, `${ID} /lms/users`).filter((line) => line.includes(' of about 1500 '));
  expect(known.at(-1)).toMatch(
    /: \d pages, \d+ records of about 1500 \(\d+%\), \d+\/s, ends in about \d+ s$/,
  );
});

test('sync now says that it joins a sync that waits for its debounce', async () => {
  const HOUR_MS = 3_600_000;
  const config = {
    TASK_QUEUE: system.env['TASK_QUEUE']!,
    DEBOUNCE_QUIET: HOUR_MS,
    DEBOUNCE_MAX_WAIT: HOUR_MS,
  };
  const wait = () =>
    signalChanges(system.temporal.client, config, {
      integrationId: ID,
      models: ['lms_skills'],
      trigger: 'webhook',
    });
  const { workflowId, runId } = await wait();
  expect(await system.json(['sync', 'now', ID, '--models', 'lms_courses'])).toEqual({
    integrationId: ID,
    workflowId,
    runId,
    alreadyRunning: true,
    beginsAt: null,
    temporalUrl: null,
  });
  await system.ended(workflowId);

  const waiting = await wait();
  const { stdout } = await system.text(['sync', 'now', ID, '--models', 'lms_courses']);
  expect(stdout).toBe(
    `A sync of ${ID} runs or waits already, and this joins it: workflow ${workflowId}, run ${waiting.runId}. What was asked for is read next.\n`,
  );
  await system.ended(workflowId);

  expect(await system.json(['sync', 'now', ID])).toMatchObject({ workflowId, alreadyRunning: false });
  await system.ended(workflowId);
});

test('a second start joins the full sync and says so; Ctrl-C ends only the waiting', async () => {
  const fault = slowly(4_000);
  const first = await system.json<{ runId: string; alreadyRunning: boolean }>(['sync', 'full', ID]);
  expect(first.alreadyRunning).toBe(false);
  expect(await system.json(['sync', 'full', ID])).toMatchObject({
    runId: first.runId,
    alreadyRunning: true,
    beginsAt: null,
  });
  const waiting = system.start(['sync', 'full', ID, '--models', 'lms_skills', '--wait', '--json']);
  await waiting.logged(`${ID} /lms/users: `);
  waiting.kill('SIGINT');
  const { code, stdout, stderr } = await waiting.finished;
  system.control.removeFault(fault);
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toEqual({
    error: { code: 'interrupted', message: expect.stringContaining('the sync continues') as string },
  });
  expect(stderr).toContain('A full sync runs already, and this joins it');
  expect(stderr).toContain('It reads what it was started with, not what --models and --since say now.');
  expect(await system.ended(`full-sync/${ID}`)).toBe('COMPLETED');
});

test('--since reads only changes since a date, sweeps nothing, and says so', async () => {
  const [gone] = system.control.ids(ID, 'lms_users', { limit: 1 });
  system.control.vanish(ID, 'lms_users', gone!);
  const args = ['sync', 'full', ID, '--since', '2026-01-01'];
  const { stdout, stderr } = await system.text([...args, '--wait']);
  expect(stderr).toContain('Because of --since, it reads only what changed since 2026-01-01T00:00:00.000Z');
  expect(stdout).toMatch(/^\/lms\/users +full +completed +\d+ +0 +0 +\d+ +0 /m);
  expect((await system.text(args)).stdout).toContain('sweeps nothing');
  await system.ended(`full-sync/${ID}`);
  const swept = await system.json<{ result: SyncResult }>(['sync', 'full', ID, '--wait']);
  expect(swept.result.endpoints['/lms/users']!.counts.deleted).toBe(1);
});

test('if a sync is cancelled, the command that waits for it fails', async () => {
  const fault = slowly(2_000);
  const waiting = system.start(['sync', 'full', ID, '--wait', '--json']);
  await waiting.logged(`${ID} /lms/users: `);
  await system.json(['sync', 'cancel', ID]);
  const { code, stdout } = await waiting.finished;
  system.control.removeFault(fault);
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    error: { code: 'failed', message: expect.stringContaining('ended without a result') as string },
  });
});

describe('--all', () => {
  test('shows how many of the syncs are done', async () => {
    await system.text(['integrations', 'add', OTHER]);
    await system.ended(`full-sync/${OTHER}`);
    const { stdout, stderr } = await system.text(['sync', 'full', '--all', '--wait']);
    expect(lines(stderr, 'A full sync has started')).toHaveLength(2);
    expect(stderr).toMatch(/^2 of 2 done: 2 completed$/m);
    expect(stdout).toMatch(
      /^2 of 2 full syncs completed in \d+(\.\d)? s \(\d+ pages, \d+ records, .*\)\.\n$/,
    );
  });

  test('names the syncs that failed, and the exit code is 1', async () => {
    system.control.setIntegration(OTHER, { readError: 'INTEGRATION.QA_FAILED' });
    const { stdout, stderr } = await system.text(['sync', 'full', '--all', '--wait'], 1);
    expect(stderr).toMatch(/^2 of 2 done: 1 completed, 1 failed$/m);
    expect(stdout).toMatch(/^1 of 2 full syncs completed/);
    expect(stdout).toMatch(new RegExp(`^${OTHER} +failed +/lms/\\S+ +.*INTEGRATION\\.QA_FAILED`, 'm'));
    expect(stdout).not.toMatch(new RegExp(`^${ID}`, 'm'));
    expect(await system.json(['status', OTHER])).toMatchObject({ status: 'parked', needsAttention: true });
    expect((await system.text(['status', '--status', 'parked'])).stdout).toMatch(
      new RegExp(`^${OTHER} +parked .* with the next webhook or catch-up after you act at Kombo +`, 'm'),
    );
  });
});

test('a failing endpoint is explained in words', async () => {
  system.control.addFault({
    kind: 'error',
    code: 'PLATFORM.INPUT_INVALID',
    status: 400,
    endpoint: '/lms/courses',
    integration: ID,
    count: 'always',
  });
  await system.text(['sync', 'full', ID, '--models', 'lms_courses', '--wait'], 1);
  const { failing, totals } = await system.json<{
    failing: { endpoint: string; needsAttention: boolean }[];
    totals: { failing: number; endpointsNeedingAttention: number };
  }>(['status', '--failing']);
  expect(failing).toMatchObject([{ integrationId: ID, endpoint: '/lms/courses', needsAttention: true }]);
  expect(totals).toMatchObject({ failing: 1, endpointsNeedingAttention: 1 });
  const list = await system.text(['status']);
  expect(list.stdout).toMatch(
    new RegExp(`^${ID} +/lms/courses +.* 1 +needs you +Kombo answered .*INPUT_INVALID`, 'm'),
  );
  expect(list.stdout).toContain('1 endpoint of 1 active integration failing, 1 of them needs you.');
  const one = await system.text(['status', ID]);
  // Trying again may not help, but it costs little.
  expect(one.stdout).toMatch(
    /^\/lms\/courses +needs you .* The full pass is failing since .*, 1 try\. Next try: in \d+ s\.$/m,
  );
  const { integrations } = await system.json<{ integrations: { id: string }[] }>([
    'integrations',
    'list',
    '--failing',
  ]);
  expect(integrations.map(({ id }) => id)).toEqual([ID]);
});
