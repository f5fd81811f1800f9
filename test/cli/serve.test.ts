import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { closedPort, startCli } from './spawn.ts';

async function settings(): Promise<Record<string, string>> {
  return {
    DATABASE_URL: `postgres://nobody:hunter2@127.0.0.1:${await closedPort()}/nothing`,
    TEMPORAL_ADDRESS: `127.0.0.1:${await closedPort()}`,
    KOMBO_WEBHOOK_SECRETS: 'whsec_one',
    HOST: '127.0.0.1',
    PORT: '0',
  };
}

test.concurrent.each(['SIGTERM', 'SIGINT'] as const)(
  'serve starts while Postgres and Temporal are away, says so, and %s ends it with exit code 0',
  async (signal) => {
    const running = startCli(['serve', '--json'], await settings());
    const { url } = JSON.parse(await running.printed('\n')) as { url: string };
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
    await Promise.all([
      running.logged('Postgres cannot be reached'),
      running.logged('Temporal cannot be reached'),
    ]);
    running.kill(signal);
    const { code, stdout, stderr } = await running.finished;
    expect(code).toBe(0);
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(stderr).not.toContain('hunter2');
  },
);

test.concurrent('serve outlives a client that closes its connection just before it is answered', async () => {
  const running = startCli(['serve', '--json'], await settings());
  const { url } = JSON.parse(await running.printed('\n')) as { url: string };
  // This is what the kernel sends to a process that writes to such a connection.
  running.kill('SIGPIPE');
  await delay(200);
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  running.kill('SIGTERM');
  expect((await running.finished).code).toBe(0);
});

test.concurrent('serve says what to do if its port is taken', async () => {
  const env = await settings();
  const first = startCli(['serve', '--json'], env);
  const { url } = JSON.parse(await first.printed('\n')) as { url: string };
  const second = await startCli(['serve', '--json'], { ...env, PORT: new URL(url).port }).finished;
  first.kill('SIGTERM');
  await first.finished;
  expect(second.code).toBe(1);
  expect(JSON.parse(second.stdout)).toEqual({
    error: { code: 'failed', message: expect.stringContaining('in use') as string },
  });
});

test.concurrent('serve says where a HOST that is not an address may come from', async () => {
  const env = { ...(await settings()), HOST: 'x86_64-conda-linux-gnu' };
  const { code, stderr } = await startCli(['serve'], env).finished;
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringMatching(
      /^HOST is x86_64-conda-linux-gnu, which is not an address .*for example .*conda/,
    ) as string,
  });
});

test.concurrent('a worker that cannot reach Postgres ends with the remedy', async () => {
  const env = { ...(await settings()), KOMBO_API_KEY: 'ks_secret' };
  const { code, stderr } = await startCli(['worker'], env).finished;
  expect(code).toBe(4);
  expect(stderr).toContain('Postgres cannot be reached');
});

test.concurrent('serve names both ports if webhooks have their own', async () => {
  const running = startCli(['serve', '--json'], { ...(await settings()), OPERATIONS_PORT: '0' });
  const { url, operationsUrl } = JSON.parse(await running.printed('\n')) as Record<string, string>;
  expect((await fetch(`${url}/healthz`)).status).toBe(404);
  expect((await fetch(`${operationsUrl}/healthz`)).status).toBe(200);
  running.kill('SIGTERM');
  expect((await running.finished).code).toBe(0);
});

test.concurrent('serve does not start with a token that is easy to guess, and says what to do', async () => {
  const env = { ...(await settings()), ADMIN_TOKEN: 'aaaaaaaaaaaaaaaaaaaaaaaa' };
  const { code, stderr } = await startCli(['serve'], env).finished;
  expect(code).toBe(1);
  expect(stderr).toContain('openssl rand -hex 24');
  expect(stderr).not.toContain('aaaa');
});
