import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import pg from 'pg';
import { expect, inject, onTestFinished, test } from 'vitest';
import { identify } from '../../src/dev/processes/identity.ts';
import type { DevFacts } from '../../src/dev/operate.ts';
import { cli, closedPort, startCli, type RunningCli } from '../cli/spawn.ts';
import { createEmptyStore } from '../support/database.ts';
import { eventually } from '../support/poll.ts';
import { uniqueTaskQueue } from '../support/temporal.ts';
import { temporaryFolder } from './support.ts';

const STOP_MS = 10_000;

interface Run {
  dev: RunningCli;
  dataDir: string;
}

/** Starts `dev` with only the data folder and the Temporal CLI set. */
function startDev(dataDir: string, env: Record<string, string> = {}): Run {
  const dev = startCli(['dev', '--json'], {
    DATA_DIR: dataDir,
    TEMPORAL_CLI_PATH: inject('temporalCli'),
    ...env,
  });
  onTestFinished(() => dev.kill('SIGKILL'));
  return { dev, dataDir };
}

async function factsOf({ dev }: Run): Promise<DevFacts> {
  const answer = JSON.parse(await dev.printed('\n')) as DevFacts | { error: { message: string } };
  if ('error' in answer) throw new Error(answer.error.message);
  return answer;
}

function childrenOf(dataDir: string): { kind: string; pid: number }[] {
  const file = path.join(dataDir, 'children.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { kind: string; pid: number }[]) : [];
}

/** Sends the signal and checks that all processes end in time. */
async function stop({ dev, dataDir }: Run, signal: NodeJS.Signals): Promise<string> {
  const children = childrenOf(dataDir);
  const began = performance.now();
  dev.kill(signal);
  const { code, stderr } = await dev.finished;
  expect({ code, stderr }).toMatchObject({ code: 0 });
  expect(performance.now() - began).toBeLessThan(STOP_MS);
  expect(children.filter(({ pid }) => identify(pid))).toEqual([]);
  expect(existsSync(path.join(dataDir, 'env'))).toBe(false);
  return stderr;
}

async function liveRows(url: string | undefined): Promise<Record<string, number>> {
  const client = new pg.Client(url);
  await client.connect();
  const { rows } = await client.query<{ integration_id: string; rows: number }>(
    `select integration_id, count(*)::int as rows from (
       select integration_id from kombo.ats_candidates union all
       select integration_id from kombo.hris_employees union all
       select integration_id from kombo.lms_users) r
     group by integration_id`,
  );
  await client.end();
  return Object.fromEntries(rows.map((row) => [row.integration_id, row.rows]));
}

/** Variables of other programs and networks. The servers of `dev` must ignore them. */
async function othersSettings(): Promise<Record<string, string>> {
  const proxy = `http://127.0.0.1:${await closedPort()}`;
  const proxies = Object.fromEntries(['http_proxy', 'https_proxy'].map((name) => [name, proxy]));
  return {
    HOST: 'x86_64-conda-linux-gnu',
    HOME: '',
    NODE_USE_ENV_PROXY: '1',
    PGSSLMODE: 'require',
    ...proxies,
    HTTP_PROXY: proxy,
    HTTPS_PROXY: proxy,
  };
}

const openToOthers = (folder: string) =>
  readdirSync(folder).filter((name) => (statSync(path.join(folder, name)).mode & 0o077) !== 0);

test('dev starts, shows what happens, stops, continues with its data, and survives a kill', async () => {
  const dataDir = path.join(temporaryFolder(), `O'Brien & "Söhne" (dev)`);
  mkdirSync(dataDir);
  const others = await othersSettings();
  const first = startDev(dataDir, others);
  const facts = await factsOf(first);
  expect(facts).toMatchObject({ dataDir, sandboxUrl: expect.any(String) as string });
  expect(
    childrenOf(dataDir)
      .map(({ kind }) => kind)
      .sort(),
  ).toEqual(['postgres', 'temporal']);
  expect((await fetch(`${facts.url}/readyz`)).status).toBe(200);
  expect((await fetch(facts.temporalUiUrl!)).status).toBe(200);
  const rows = await liveRows(facts.databaseUrl);
  expect(Object.keys(rows).sort()).toEqual(['bombohr:ats-demo', 'bombohr:hris-demo', 'bombohr:lms-demo']);
  await first.dev.logged('  written  ');
  expect(openToOthers(dataDir)).toEqual([]);
  const status = await cli(['status', '--json'], { ...others, DATA_DIR: dataDir });
  expect(status).toMatchObject({ code: 0, stdout: expect.stringContaining('bombohr:ats-demo') as string });
  const one = await cli(['status', 'bombohr:lms-demo', '--json'], { DATA_DIR: dataDir });
  expect(JSON.parse(one.stdout)).toMatchObject({
    temporalUrl: expect.stringContaining(
      `${facts.temporalUiUrl}/namespaces/default/workflows?query=`,
    ) as string,
  });
  const second = await cli(['dev'], { DATA_DIR: dataDir });
  expect(second).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^kombo-sync runs already/) as string,
  });
  expect(await stop(first, 'SIGINT')).toContain('First full sync of 3 integrations');

  const restarted = startDev(dataDir);
  const before = await liveRows((await factsOf(restarted)).databaseUrl);
  expect(Object.keys(before)).toHaveLength(3);
  const left = childrenOf(dataDir);
  restarted.dev.kill('SIGKILL');
  await restarted.dev.finished;
  expect(left.filter(({ pid }) => identify(pid))).toHaveLength(2);

  const last = startDev(dataDir);
  expect(Object.keys(await liveRows((await factsOf(last)).databaseUrl))).toHaveLength(3);
  expect(left.filter(({ pid }) => identify(pid))).toEqual([]);
  const log = await stop(last, 'SIGTERM');
  expect(log).toContain('Ended processes of an earlier run');
  expect(log).not.toContain('First full sync');
}, 180_000);

test('Ctrl-C during the start leaves no process', async () => {
  const run = startDev(temporaryFolder());
  await eventually(() => childrenOf(run.dataDir).length > 0);
  expect(await stop(run, 'SIGINT')).toContain('Stopping');
  const again = startDev(run.dataDir);
  await again.dev.logged('First full sync');
  expect(await stop(again, 'SIGINT')).not.toContain('kombo-sync is running');
}, 90_000);

test('a part does not start if you set its variable', async () => {
  const store = await createEmptyStore();
  const run = startDev(temporaryFolder(), {
    KOMBO_API_KEY: 'ks_of_the_user',
    DATABASE_URL: store.url,
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    TASK_QUEUE: uniqueTaskQueue(),
    PORT: '0',
  });
  const facts = await factsOf(run);
  expect(facts).toEqual({
    url: facts.url,
    operationsUrl: facts.url,
    dataDir: run.dataDir,
    temporalAddress: inject('temporalAddress'),
  });
  expect(childrenOf(run.dataDir)).toEqual([]);
  const log = await stop(run, 'SIGINT');
  expect(log).not.toContain(new URL(store.url).password);
}, 60_000);

test.each([
  [{ DEBOUNCE_QUIET: 'soon' }, /^DEBOUNCE_QUIET is not a duration; .*for example/],
  [{ TEMPORAL_CLI_PATH: '/nowhere/temporal' }, /^TEMPORAL_CLI_PATH is \/nowhere\/temporal/m],
  [{ DATA_DIR: '/dev/null/data' }, /^DATA_DIR is \/dev\/null\/data, which cannot be written to/],
  // Linux says that the parent is missing here, although it exists.
  [{ DATA_DIR: '/proc/kombo-sync/data' }, /^DATA_DIR is \/proc\/kombo-sync\/data, which cannot be written/],
])('a wrong setting says what to do: %o', async (env, message) => {
  const { dev } = startDev(temporaryFolder(), env);
  const { code, stderr } = await dev.finished;
  expect(code).toBe(1);
  expect(stderr).toMatch(message);
  expect(stderr).not.toMatch(/^\s+at /m);
});

test('a busy PORT is an error, and no process stays', async () => {
  const holder = createServer();
  const port = await closedPort();
  await new Promise<void>((resolve) => holder.listen(port, '127.0.0.1', resolve));
  onTestFinished(() => void holder.close());
  const { dev, dataDir } = startDev(temporaryFolder(), { PORT: String(port) });
  const { code, stderr } = await dev.finished;
  expect({ code, stderr }).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`PORT is ${port}`) as string,
  });
  expect(childrenOf(dataDir)).toEqual([]);
});
