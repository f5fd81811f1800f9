import { createServer, type Server } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { expect, inject, test, type TestContext } from 'vitest';
import type { Check } from '../../src/doctor/check.ts';
import { isRecent } from '../../src/doctor/temporal.ts';
import { grpcProxy } from '../support/grpc.ts';
import { runCommand } from './run-command.ts';
import { cli, closedPort, onlyDocument } from './spawn.ts';

async function brokenEnvironment(): Promise<Record<string, string>> {
  return {
    DATABASE_URL: `postgres://nobody:hunter2@127.0.0.1:${await closedPort()}/nothing`,
    TEMPORAL_ADDRESS: `127.0.0.1:${await closedPort()}`,
    KOMBO_API_URL: `http://127.0.0.1:${await closedPort()}/v1`,
    KOMBO_API_KEY: 'ks_secret',
    KOMBO_WEBHOOK_SECRETS: 'whsec_one,whsec_two',
    HOST: '127.0.0.1',
    PORT: String(await closedPort()),
  };
}

async function doctor(env: Record<string, string>): Promise<{ code: number | null; checks: Check[] }> {
  const { code, stdout } = await runCommand(['doctor', '--json'], env);
  const { healthy, checks } = onlyDocument(stdout) as { healthy: boolean; checks: Check[] };
  expect(healthy).toBe(code === 0);
  return { code, checks };
}

const statusOf = (checks: Check[], name: string) => checks.find((check) => check.name === name)?.status;

async function listen(server: Server, { onTestFinished }: TestContext): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

test.concurrent(
  'parts that are all away are each named with a remedy and without secrets, and the exit code is 1',
  async () => {
    // The doctor asks for readiness there.
    const port = await closedPort();
    const env = { ...(await brokenEnvironment()), OPERATIONS_PORT: String(port) };
    const { code, stdout, stderr } = await cli(['doctor'], env);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toMatch(/^✓ Settings: /m);
    expect(stdout).toMatch(/^✓ Node: /m);
    expect(stdout).toMatch(/^✗ Postgres: .*ECONNREFUSED.*\n {4}→ Check DATABASE_URL/m);
    expect(stdout).toMatch(/^✗ Temporal: .*\n {4}→ Check TEMPORAL_ADDRESS/m);
    expect(stdout).toMatch(/^✗ Kombo API: .*ECONNREFUSED.*\n {4}→ Check KOMBO_API_URL/m);
    expect(stdout).toMatch(/^✓ Webhook secrets: 2 accepted$/m);
    expect(stdout).toMatch(/^! Service: nothing answers at http:\/\/127\.0\.0\.1:\d+\n {4}→ Start it by/m);
    expect(stdout).toContain(`http://127.0.0.1:${port}\n`);
    expect(stdout).not.toMatch(/hunter2|ks_secret|whsec/);
  },
);

test.concurrent('all wrong settings are reported at once', async () => {
  const { code, checks } = await doctor({ DEBOUNCE_QUIET: 'soon', SWEEP_MAX_SHARE: 'all' });
  expect(code).toBe(1);
  const text = checks.filter(({ name }) => name === 'Settings').map(({ message }) => message);
  expect(text).toEqual([
    'DEBOUNCE_QUIET is not a duration',
    'SWEEP_MAX_SHARE must be a share between 0 and 1',
    'KOMBO_API_KEY is missing',
    'KOMBO_WEBHOOK_SECRETS is missing',
    'DATABASE_URL is missing',
  ]);
});

test.concurrent('settings that cannot work are named without their values', async () => {
  const { code, stdout } = await runCommand(['doctor'], {
    ...(await brokenEnvironment()),
    KOMBO_API_KEY: 'ks_secret\nks_other',
    KOMBO_API_URL: 'https://ada:hunter2@api.kombo.dev/v1',
    KOMBO_WEBHOOK_SECRETS: ',',
    TEMPORAL_TLS: 'maybe',
  });
  expect(code).toBe(1);
  expect(stdout).toMatch(/^✗ Settings: KOMBO_API_KEY holds a line break.*\n {4}→ Copy it again/m);
  expect(stdout).toMatch(/^✗ Settings: KOMBO_API_URL holds a user or a password\n {4}→ Leave them out/m);
  expect(stdout).toMatch(/^✗ Settings: KOMBO_WEBHOOK_SECRETS holds no secret\n {4}→ Write one/m);
  expect(stdout).toMatch(/^✗ Settings: TEMPORAL_TLS is neither true nor false\n {4}→ Set it to one/m);
  expect(stdout).not.toMatch(/hunter2|ks_secret|ks_other|ada/);
});

test.concurrent('a key that Kombo refuses and a clock that differs are reported', async (context) => {
  const env = await brokenEnvironment();
  const tomorrow = new Date(Date.now() + 86_400_000).toUTCString();
  const refusing = createServer((request, response) => {
    const accepted = request.headers.authorization === 'Bearer ks_good';
    response.writeHead(accepted ? 200 : 401, { 'content-type': 'application/json', date: tomorrow });
    response.end(
      JSON.stringify(
        accepted
          ? { status: 'success', data: { environment_id: 'e', customer_id: 'e' } }
          : { status: 'error', error: { code: 'PLATFORM.AUTHENTICATION_INVALID' } },
      ),
    );
  });
  env['KOMBO_API_URL'] = `http://127.0.0.1:${await listen(refusing, context)}/v1`;
  const refused = await doctor(env);
  expect(refused.checks.find(({ name }) => name === 'Kombo API')).toMatchObject({
    status: 'fail',
    remedy: expect.stringMatching(/KOMBO_API_KEY.*Canada https:\/\/api\.ca\.kombo\.dev\/v1/) as string,
  });
  const accepted = await doctor({ ...env, KOMBO_API_KEY: 'ks_good' });
  expect(statusOf(accepted.checks, 'Kombo API')).toBe('ok');
  expect(accepted.checks.find(({ name }) => name === 'Clock')).toMatchObject({
    status: 'warn',
    message: expect.stringMatching(/^86\d{3} s behind Kombo's$/) as string,
  });
});

test.concurrent(
  'servers that accept connections and never answer are given up in time',
  async ({ onTestFinished }) => {
    const silent = createTcpServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const sockets = new Set<{ destroy(): void }>();
    silent.on('connection', (socket) => sockets.add(socket));
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      silent.close();
    });
    const address = silent.address();
    const peer = `127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
    const startedAt = performance.now();
    const { checks } = await doctor({
      ...(await brokenEnvironment()),
      DATABASE_URL: `postgres://nobody@${peer}/nothing`,
      TEMPORAL_ADDRESS: peer,
      KOMBO_API_URL: `http://${peer}/v1`,
      PORT: peer.split(':')[1]!,
    });
    expect(performance.now() - startedAt).toBeLessThan(20_000);
    expect(statusOf(checks, 'Postgres')).toBe('fail');
    expect(statusOf(checks, 'Temporal')).toBe('fail');
    expect(statusOf(checks, 'Kombo API')).toBe('fail');
    expect(statusOf(checks, 'Service')).toBe('warn');
  },
);

// Temporal Cloud cannot run here, so a real server refuses the calls that Cloud refuses to a key with the role Read.
test('a key that may read but not write is a failure, because no sync would start', async () => {
  const TEMPORAL_ADDRESS = await grpcProxy(inject('temporalAddress'), (method) =>
    /^(Signal|Start|Create|Update|Execute|Respond|RequestCancel)/.test(method)
      ? { code: 7, details: 'Request unauthorized.' }
      : undefined,
  );
  const { code, checks } = await doctor({ ...(await brokenEnvironment()), TEMPORAL_ADDRESS });
  expect(code).toBe(1);
  expect(statusOf(checks, 'Temporal')).toBe('ok');
  expect(checks.find(({ name }) => name === 'Temporal rights')).toEqual({
    name: 'Temporal rights',
    status: 'fail',
    message: expect.stringMatching(
      /may not start syncs by webhooks .*make schedules .*work of workers/,
    ) as string,
    remedy: 'Give them the right to write in namespace default; on Temporal Cloud that is the role Write.',
  });
});

test('checking the rights starts nothing', async () => {
  const asked: string[] = [];
  const TEMPORAL_ADDRESS = await grpcProxy(inject('temporalAddress'), (method) => {
    asked.push(method);
    return undefined;
  });
  const { checks } = await doctor({ ...(await brokenEnvironment()), TEMPORAL_ADDRESS });
  expect(statusOf(checks, 'Temporal rights')).toBe('ok');
  expect(asked).toEqual(expect.arrayContaining(['SignalWithStartWorkflowExecution', 'CreateSchedule']));
});

test('a worker that has not polled for two minutes does not count as running', () => {
  const now = Date.UTC(2026, 0, 1);
  const ago = (seconds: number) => ({ seconds: now / 1_000 - seconds });
  expect([ago(1), ago(119), ago(121), undefined].map((at) => isRecent(at, now))).toEqual([
    true,
    true,
    false,
    true,
  ]);
});
