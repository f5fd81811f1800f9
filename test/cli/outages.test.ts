import { expect, inject, test } from 'vitest';
import { createTestStore } from '../support/database.ts';
import { grpcServer } from '../support/grpc.ts';
import { runCommand } from './run-command.ts';
import { cli, closedPort, onlyDocument } from './spawn.ts';

const NOWHERE = 'nowhere.invalid';
const store = await createTestStore();

const schedule = (env: Record<string, string>) =>
  runCommand(['schedule', 'show', 'x:1', '--json'], { DATABASE_URL: store.url, ...env });
const worker = (env: Record<string, string>) =>
  cli(['worker', '--json'], { DATABASE_URL: store.url, KOMBO_API_KEY: 'ks_test', ...env });

test.each([
  ['a command', schedule],
  ['a worker', worker],
])('%s reports refused credentials of Temporal, and not a wrong address', async (_name, run) => {
  const refused = await run({ TEMPORAL_ADDRESS: await grpcServer(16, 'Request unauthorized.') });
  expect(refused.code).toBe(4);
  expect(refused.stderr).toMatch(
    /^Temporal refuses the credentials: .*Request unauthorized\..* Check TEMPORAL_API_KEY/,
  );
  expect(onlyDocument(refused.stdout)).toMatchObject({ error: { code: 'unreachable' } });
  const denied = await run({ TEMPORAL_ADDRESS: await grpcServer(7, 'Request unauthorized.') });
  expect(denied.stderr).toMatch(/^Temporal denies access: .* Check TEMPORAL_NAMESPACE/);
});

test.each([
  ['a command', schedule],
  ['a worker', worker],
])('%s reports the address and the reason if Temporal cannot be reached', async (_name, run) => {
  const nowhere = await run({ TEMPORAL_ADDRESS: `${NOWHERE}:7233` });
  expect(nowhere).toMatchObject({
    code: 4,
    stderr: `Temporal cannot be reached: ENOTFOUND at ${NOWHERE}. Check TEMPORAL_ADDRESS and that the server runs.\n`,
  });
  const address = `127.0.0.1:${await closedPort()}`;
  expect((await run({ TEMPORAL_ADDRESS: address })).stderr).toContain(`ECONNREFUSED at ${address}.`);
});

test.each([
  ['a command', schedule],
  ['a worker', worker],
])('%s reports that Temporal does not have the namespace', async (_name, run) => {
  const { code, stderr } = await run({
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    TEMPORAL_NAMESPACE: 'no-such-namespace',
  });
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^Temporal has no namespace no-such-namespace\. .*namespace create -n no-such-namespace$/m,
  );
});

test('an error of Temporal is shown with its cause', async () => {
  const TEMPORAL_ADDRESS = await grpcServer(13, 'disk full', { connects: true });
  const { code, stderr } = await schedule({ TEMPORAL_ADDRESS });
  expect(code).toBe(1);
  expect(stderr).toMatch(/^Temporal refuses a request: Failed to describe schedule: disk full\./);
});

test('a host that does not exist is named as the one of Postgres', async () => {
  const { code, stderr } = await runCommand(['status'], { DATABASE_URL: `postgres://ada@${NOWHERE}/app` });
  expect({ code, stderr }).toEqual({
    code: 4,
    stderr: `Postgres cannot be reached: ENOTFOUND at ${NOWHERE}. Check DATABASE_URL and that the server runs.\n`,
  });
});

test('the doctor reports the same reason', async () => {
  const { stdout } = await runCommand(['doctor'], {
    DATABASE_URL: `postgres://ada@${NOWHERE}/app`,
    TEMPORAL_ADDRESS: await grpcServer(16, 'Request unauthorized.'),
    KOMBO_API_URL: `https://${NOWHERE}/v1`,
    KOMBO_API_KEY: 'ks_test',
    KOMBO_WEBHOOK_SECRETS: 'whsec_one',
    PORT: String(await closedPort()),
  });
  expect(stdout).toMatch(/^✗ Postgres: .*ENOTFOUND at nowhere\.invalid\.\n {4}→ Check DATABASE_URL/m);
  expect(stdout).toMatch(/^✗ Temporal: Temporal refuses the credentials.*\n {4}→ Check TEMPORAL_API_KEY/m);
  expect(stdout).toMatch(/^✗ Kombo API: .*\(ENOTFOUND at nowhere\.invalid\)\.\n {4}→ Check KOMBO_API_URL/m);
});
