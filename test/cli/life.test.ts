import { beforeAll, describe, expect, test, vi } from 'vitest';
import { addDeliveries } from '../../src/store/state/deliveries.ts';
import { signalChanges } from '../../src/temporal/start.ts';
import { eventually } from '../support/poll.ts';
import { uniqueIntegrationId } from '../support/temporal.ts';
import { createCliSystem, type CliSystem } from './system.ts';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });

// The life of one integration by hand, in order. The tests build on each other.
const ID = uniqueIntegrationId();
const records = { lms_users: 20, lms_courses: 5, lms_skills: 5, lms_course_progressions: 5 };

let system: CliSystem;

beforeAll(async () => {
  system = await createCliSystem([{ id: ID, category: 'LMS', organizationName: 'Acme Academy', records }], {
    TEMPORAL_UI_URL: 'http://localhost:8233/',
  });
  await system.worker();
  await system.text(['integrations', 'add', ID]);
  await system.ended(`full-sync/${ID}`);
});

const show = (id = ID) =>
  system.json<{ status: string; statusReason: string | null; erasure: { at: string } | null }>([
    'integrations',
    'show',
    id,
  ]);

describe('pause and resume', () => {
  test.each([
    ['says something', '  ', 'Give a reason'],
    ['does nothing to a terminal', 'red \u001B[31malert', 'cannot be shown'],
    ['is one line', 'one\ntwo', 'cannot be shown'],
    ['ends', 'x'.repeat(501), 'at most 500 characters'],
  ])('a pause needs a reason that %s', async (_name, reason, message) => {
    const { stderr } = await system.text(['integrations', 'pause', ID, '--reason', reason], 2);
    expect(stderr).toContain(message);
    expect((await show()).status).toBe('active');
  });

  test('a paused integration is not read, and the commands say why', async () => {
    const { stdout } = await system.text(['integrations', 'pause', ID, '--reason', 'moves to another tool']);
    expect(stdout).toContain(`${ID} is paused: moves to another tool\n`);
    expect(stdout).toContain(`integrations resume ${ID}`);
    expect(stdout).not.toContain('Cancelled');
    expect(await show()).toMatchObject({
      status: 'paused',
      statusReason: 'moves to another tool',
    });
    const refused = await system.json<{ error: { code: string; message: string } }>(['sync', 'full', ID], 1);
    expect(refused.error).toMatchObject({ code: 'paused', message: expect.stringContaining('resume') });
    expect(await system.json(['schedule', 'show', ID])).toMatchObject({ fullSync: { paused: true } });
  });

  test('a second pause only changes the reason', async () => {
    const again = await system.json(['integrations', 'pause', ID, '--reason', 'still moving']);
    expect(again).toMatchObject({
      paused: false,
      cancelled: [],
      integration: { statusReason: 'still moving' },
    });
    const { stdout } = await system.text(['integrations', 'pause', ID, '--reason', 'still moving']);
    expect(stdout).toContain('was paused already; the reason is now: still moving');
  });

  test('status shows the command that resumes it', async () => {
    const { stdout } = await system.text(['status']);
    expect(stdout).toMatch(
      new RegExp(`^${ID} +paused .* with: kombo-sync integrations resume ${ID} +still moving$`, 'm'),
    );
    expect(stdout).toContain('In all: 1 paused.');
  });

  test('after a resume, what was missed is read', async () => {
    const [user] = system.control.ids(ID, 'lms_users', { limit: 1 });
    system.control.update(ID, 'lms_users', user!, { first_name: 'Ada' });
    const config = { TASK_QUEUE: system.env['TASK_QUEUE']!, DEBOUNCE_QUIET: 100, DEBOUNCE_MAX_WAIT: 1_000 };
    await signalChanges(system.temporal.client, config, {
      integrationId: ID,
      models: ['lms_users'],
      trigger: 'webhook',
    });
    await system.ended(`sync/${ID}`);
    expect(await system.json(['integrations', 'resume', ID])).toMatchObject({
      resumed: true,
      integration: { status: 'active' },
    });
    await eventually(async () => {
      const { rowCount } = await system.store.pool.query(
        `select from kombo.lms_users where integration_id = $1 and id = $2 and first_name = 'Ada'`,
        [ID, user],
      );
      return rowCount === 1;
    });
    await system.ended(`sync/${ID}`);
    expect(await system.json(['schedule', 'show', ID])).toMatchObject({ fullSync: { paused: false } });
  });

  test('resuming an active integration changes nothing and is not a failure', async () => {
    const { stdout } = await system.text(['integrations', 'resume', ID]);
    expect(stdout).toBe(`${ID} is not paused, so there is nothing to resume. It is active.\n`);
    expect(await system.json(['integrations', 'resume', ID])).toMatchObject({ resumed: false });
  });
});

describe('cancel', () => {
  test('a sync that runs is cancelled and owed, and without a sync nothing is cancelled', async () => {
    const stall = system.control.addFault({
      kind: 'stall',
      integration: ID,
      endpoint: '/lms/users',
      count: 'always',
    });
    await system.text(['sync', 'full', ID]);
    const running = await eventually(async () => {
      const status = await system.json<{
        running: { workflowId: string; temporalUrl: string; passes: { endpoint: string }[] }[];
      }>(['status', ID]);
      return status.running.find(({ passes }) => passes.some(({ endpoint }) => endpoint === '/lms/users'));
    });
    expect(running.workflowId).toBe(`full-sync/${ID}`);
    expect(running.temporalUrl).toMatch(
      /^http:\/\/localhost:8233\/namespaces\/default\/workflows\/full-sync%2F.*\/history$/,
    );
    const { stdout: status } = await system.text(['status', ID]);
    expect(status).toMatch(new RegExp(`^Running: full-sync/${ID}, run \\S+ \\(manual\\), since `, 'm'));
    expect(status).toMatch(/^ {2}\/lms\/users \(full\): 0 pages, 0 records/m);
    expect(status).toContain(`  ${running.temporalUrl}\n`);

    const cancelled = await system.text(['sync', 'cancel', ID]);
    // A sync for what was due may run beside it.
    expect(cancelled.stdout).toMatch(new RegExp(`^Cancelled: (sync/${ID}, )?full-sync/${ID}\\.`, 'm'));
    system.control.removeFault(stall);
    expect(await system.ended(`full-sync/${ID}`)).toBe('CANCELLED');
    const { rows } = await system.store.pool.query(
      `select kind from kombo_sync.debts where integration_id = $1 and endpoint = '/lms/users'`,
      [ID],
    );
    expect(rows).toEqual([{ kind: 'full' }]);

    const { stdout } = await system.text(['sync', 'cancel', ID]);
    expect(stdout).toBe(`Nothing runs for ${ID}, so there is nothing to cancel.\n`);
    expect(await system.json(['sync', 'cancel', ID])).toEqual({ integrationId: ID, cancelled: [] });
  });

  test('a sync that waits to begin is cancelled too', async () => {
    await system.temporal.client.workflow.start('fullSync', {
      workflowId: `full-sync/${ID}`,
      taskQueue: system.env['TASK_QUEUE']!,
      args: [{ integrationId: ID }],
      startDelay: '1h',
    });
    expect(await system.json(['sync', 'cancel', ID])).toMatchObject({ cancelled: [`full-sync/${ID}`] });
    expect(await system.ended(`full-sync/${ID}`)).toBe('CANCELLED');
  });
});

test('show reports its life and the webhooks that arrived', async () => {
  const at = new Date('2026-01-15T12:00:00Z');
  await addDeliveries(system.store, [
    { integrationId: ID, type: 'data-changed', outcome: 'accepted', times: 7, firstAt: at, lastAt: at },
  ]);
  const { stdout } = await system.text(['integrations', 'show', ID]);
  expect(stdout).toMatch(/^Organization +Acme Academy$/m);
  expect(stdout).toMatch(/^Status +active since 2\d{3}-/m);
  expect(stdout).toMatch(/^At Kombo +ACTIVE$/m);
  expect(stdout).toMatch(/^Setup +COMPLETED$/m);
  expect(stdout).toMatch(/^data-changed +accepted +7 /m);
  expect(await system.json(['integrations', 'show', ID])).toMatchObject({
    komboState: 'ACTIVE',
    setupStatus: 'COMPLETED',
    erasure: null,
    deliveries: [{ type: 'data-changed', outcome: 'accepted', times: 7 }],
  });
});

describe('remove', () => {
  test('an integration is removed, and its data is kept for a while', async () => {
    const { stdout } = await system.text(['integrations', 'remove', ID]);
    expect(stdout).toContain(`${ID} is removed: its schedules are deleted`);
    expect(stdout).toMatch(/^Its data will be erased at 2\d{3}-.* \(in 1[34] d\)\.$/m);
    expect(stdout).toContain(`To bring it back: kombo-sync integrations add ${ID}`);
    const { status, erasure } = await show();
    expect(status).toBe('removed');
    expect(erasure).toMatchObject({ workflowId: `erase/${ID}` });
    expect(Date.parse(erasure!.at) - Date.now()).toBeGreaterThan(13 * 86_400_000);
    await system.text(['schedule', 'show', ID], 3);
    const waiting = await eventually(async () => {
      const { running } = await system.json<{ running: { workflowId: string; beginsAt: string }[] }>([
        'status',
        ID,
      ]);
      return running.find(({ workflowId }) => workflowId === `erase/${ID}`);
    });
    expect(Math.abs(Date.parse(waiting.beginsAt) - Date.parse(erasure!.at))).toBeLessThan(5_000);
  });

  test('every act on a removed integration except adding it is refused', async () => {
    expect(await system.json(['integrations', 'pause', ID, '--reason', 'x'], 1)).toMatchObject({
      error: { code: 'removed' },
    });
    expect(await system.json(['integrations', 'resume', ID], 1)).toMatchObject({
      error: { code: 'removed' },
    });
    expect(await system.json(['sync', 'now', ID], 1)).toMatchObject({ error: { code: 'removed' } });
    expect((await system.text(['cutover', ID], 1)).stdout).toBe(`${ID} is removed, so it does not count.\n`);
  });

  test('a second removal changes nothing, and --erase erases the data now', async () => {
    const again = await system.text(['integrations', 'remove', ID]);
    expect(again.stdout).toContain(`${ID} was removed already: Removed by `);
    const remove = ['integrations', 'remove', ID, '--erase'];
    expect((await system.text(remove, 2)).stderr).toMatch(/Add --yes/);
    const erasing = await system.text([...remove, '--yes']);
    expect(erasing.stdout).toContain('The next free worker erases its data.');
    await system.ended(`erase/${ID}`);
    const { rows } = await system.store.pool.query(
      `select count(*)::int as rows from kombo.lms_users where integration_id = $1`,
      [ID],
    );
    expect(rows).toEqual([{ rows: 0 }]);
    expect((await system.text(remove.slice(0, 3))).stdout).toContain('Its data was erased at ');
    expect(await system.json(['integrations', 'remove', ID])).toMatchObject({
      removed: false,
      cancelled: [],
      erasure: null,
    });
  });

  test('an integration that is added again is new and read in full', async () => {
    expect(await system.json(['integrations', 'add', ID])).toMatchObject({
      new: true,
      sync: { alreadyRunning: false },
    });
    await system.ended(`full-sync/${ID}`);
    const { endpoints } = await system.json<{ endpoints: { endpoint: string; liveRows: number }[] }>([
      'status',
      ID,
    ]);
    expect(endpoints.find(({ endpoint }) => endpoint === '/lms/users')?.liveRows).toBe(20);
  });
});

test('an integration that cannot be read yet is added, and read as soon as possible', async () => {
  const waiting = uniqueIntegrationId();
  system.control.addIntegration({ id: waiting, category: 'LMS', records });
  system.control.setIntegration(waiting, { setupStatus: 'FINAL_SYNC_PENDING' });
  const { stdout } = await system.text(['integrations', 'add', waiting]);
  expect(stdout).toMatch(/It cannot be read now; it is read as soon as possible\. .*first sync is running/);
  await eventually(async () => (await show(waiting)).status === 'parked');
  const shown = await system.text(['integrations', 'show', waiting]);
  expect(shown.stdout).toMatch(/^Setup +FINAL_SYNC_PENDING$/m);
  expect(shown.stdout).toMatch(/^Next look +in \d+ s$/m);
  // After the cancellation, no timer is left: the next webhook or scheduled sync looks it up.
  expect(await system.json(['sync', 'cancel', waiting])).toMatchObject({ cancelled: [`sync/${waiting}`] });
  for (const command of [['integrations', 'show'], ['status']])
    expect((await system.text([...command, waiting])).stdout).toMatch(
      /^Next look +with the next webhook or scheduled sync/m,
    );
  expect(await system.json(['status', waiting])).toMatchObject({ retryAt: null });
  system.control.setIntegration(waiting, { setupStatus: 'COMPLETED' });
  expect(await system.json(['integrations', 'add', waiting])).toMatchObject({ new: false, waiting: null });
  await system.ended(`full-sync/${waiting}`);
  expect((await system.text(['integrations', 'show', waiting])).stdout).toMatch(/^Status +active since/m);
});

test('(I23) the audit log says who did what, when and from where, including refused acts', async () => {
  const { entries: acts, next } = await system.json<{
    entries: Record<string, unknown>[];
    next: number | null;
  }>(['audit', ID]);
  expect(next).toBeNull();
  expect(acts.map(({ action }) => action).toReversed()).toEqual(
    expect.arrayContaining(['add', 'pause', 'resume', 'full-sync', 'cancel', 'remove']),
  );
  expect(acts.find(({ action }) => action === 'pause')).toMatchObject({
    source: 'cli',
    actor: expect.stringMatching(/^\S+@\S+$/),
    outcome: 'failed',
    message: expect.stringContaining('is removed'),
    details: { reason: 'x' },
  });
  const page = ['audit', '--limit', '2'];
  const first = await system.json<{ entries: { id: number }[]; next: number }>(page);
  const before = ['--before', String(first.next)];
  const second = await system.json<{ entries: { id: number }[] }>([...page, ...before]);
  expect(second.entries[0]!.id).toBeLessThan(first.entries[1]!.id);
  const { stdout } = await system.text(['audit', ID, '--limit', '1']);
  expect(stdout).toMatch(/^NO +AT +WHO +FROM +DID +INTEGRATION +OUTCOME +DETAILS$/m);
  expect(stdout).toMatch(new RegExp(`^Earlier ones: kombo-sync audit ${ID} --before \\d+$`, 'm'));
  await system.text(['integrations', 'add', 'nobody:9'], 3);
  expect((await system.text(['audit', 'nobody:9'])).stdout).toMatch(
    / add +nobody:9 +failed +sync=true · Kombo/,
  );
});
