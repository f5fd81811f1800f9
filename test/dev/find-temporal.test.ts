import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { findTemporal } from '../../src/dev/temporal/find.ts';
import { identify } from '../../src/dev/processes/identity.ts';
import { build, type Obtain } from '../../src/dev/temporal/obtain.ts';
import { BUILDABLE_CLI, cachedCli, verifyCli } from '../../src/dev/temporal/cli.ts';
import { startScript } from '../cli/spawn.ts';
import { eventually } from '../support/poll.ts';
import { fakeCommand, sayVersion, temporaryFolder } from './support.ts';

/** A home, and a PATH that starts with an empty folder. */
function machine() {
  const home = temporaryFolder();
  const bin = temporaryFolder();
  const env: Record<string, string> = { HOME: home, XDG_CACHE_HOME: `${home}/cache`, LOCALAPPDATA: home };
  env['PATH'] = `${bin}:/usr/bin:/bin`;
  const notes: string[] = [];
  const note = (line: string) => void notes.push(line);
  const cached = cachedCli(env);
  mkdirSync(path.dirname(cached), { recursive: true });
  const built = cachedCli(env, BUILDABLE_CLI);
  const find = (...ways: Obtain[]) => findTemporal({ env, note }, ways);
  const inCache = (version: string) => fakeCommand(path.dirname(cached), 'temporal', sayVersion(version));
  return { bin, env, notes, cached, built, find, inCache };
}

function mkdirFor(file: string): string {
  mkdirSync(path.dirname(file), { recursive: true });
  return path.dirname(file);
}

const never: Obtain = () => {
  throw new Error('This was not to be asked.');
};

/** The visible effects of `go install`. */
const GO_INSTALL = [
  'if [ "$1" = version ]; then echo "go version go1.26.1 linux/amd64"; exit 0; fi',
  'echo run >> "$HOME/builds"',
  'echo "go: downloading example.org/module v1.0.0" >&2',
];
const WRITE_CLI = [
  'echo "#!/bin/sh" > "$GOBIN/temporal"',
  `echo 'echo "temporal version 1.5.1 (built)"' >> "$GOBIN/temporal"`,
  'chmod +x "$GOBIN/temporal"',
];

describe('finding the Temporal CLI', () => {
  test('tries TEMPORAL_CLI_PATH, PATH and the cache, then each way to obtain it', async () => {
    const { bin, env, cached, find, inCache } = machine();
    const failing: Obtain = () => Promise.resolve('No internet.');
    const making: Obtain = (folder) => {
      fakeCommand(folder, 'temporal-v1.5.1', sayVersion('1.5.1'));
      return Promise.resolve(undefined);
    };
    expect(await find(failing, making, never)).toBe(cached);
    expect(await find(never)).toBe(cached);
    inCache('1.5.0');
    expect(await find(never)).toBe(cached);
    const onPath = fakeCommand(bin, 'temporal', sayVersion('1.7.0'));
    expect(await find(never)).toBe(onPath);
    env['TEMPORAL_CLI_PATH'] = fakeCommand(temporaryFolder(), 'my-temporal', sayVersion('1.8.0'));
    expect(await find(never)).toBe(env['TEMPORAL_CLI_PATH']);
  });

  test('one that was built before serves as well, and a newer one that was downloaded goes before it', async () => {
    const { cached, built, find } = machine();
    fakeCommand(mkdirFor(built), 'temporal', sayVersion('1.5.1'));
    expect(await find(never)).toBe(built);
    fakeCommand(mkdirFor(cached), 'temporal', sayVersion('1.9.1'));
    expect(await find(never)).toBe(cached);
  });

  test('what does not run, or is something else, is passed over', async () => {
    const { bin, cached, find, inCache, notes } = machine();
    inCache('1.5.1');
    fakeCommand(bin, 'temporal', 'exit 1');
    expect(await find(never)).toBe(cached);
    fakeCommand(bin, 'temporal', 'echo "a calendar, version 3"');
    expect(await find(never)).toBe(cached);
    expect(notes).toEqual([
      expect.stringContaining('looking further'),
      expect.stringContaining('looking further'),
    ]);
  });

  test('replaces a broken file in the cache', async () => {
    const { cached, find } = machine();
    writeFileSync(cached, 'half of a program', { mode: 0o755 });
    const making: Obtain = (folder) => {
      fakeCommand(folder, 'temporal', sayVersion('1.5.1'));
      return Promise.resolve(undefined);
    };
    expect(await find(making)).toBe(cached);
    expect(await verifyCli(cached)).toBe('1.5.1');
  });
});

describe('the errors', () => {
  test('a wrong TEMPORAL_CLI_PATH is not replaced by something else', async () => {
    const { env, find, inCache } = machine();
    inCache('1.5.1');
    env['TEMPORAL_CLI_PATH'] = '/nowhere/temporal';
    await expect(find(never)).rejects.toThrow(/^TEMPORAL_CLI_PATH is \/nowhere\/temporal, .*for example/);
  });

  test('list every remedy if nothing is found', async () => {
    const { env, find } = machine();
    env['PATH'] = '/nowhere';
    const error: unknown = await find(() => Promise.resolve('No internet.'), build).catch((e: unknown) => e);
    const { message } = error as Error;
    for (const part of [
      'No internet.',
      'Go is not',
      'brew install',
      'TEMPORAL_CLI_PATH',
      'TEMPORAL_ADDRESS',
    ]) {
      expect(message).toContain(part);
    }
  });

  test('name a Go that is too old, and why a build failed', async () => {
    const { bin, cached, find } = machine();
    fakeCommand(bin, 'go', 'echo "go version go1.22.4 linux/amd64"');
    await expect(find(build)).rejects.toThrow(
      'Go 1.22 is too old to build the server; it takes 1.25 or newer',
    );
    fakeCommand(bin, 'go', ...GO_INSTALL, 'echo "no space left" >&2', 'exit 1');
    await expect(find(build)).rejects.toThrow('no space left');
    expect(readdirSync(path.dirname(cached))).toEqual(['lock']);
  });
});

describe('the build', () => {
  test('processes that need it at the same time build it once', async () => {
    const { bin, env, built } = machine();
    fakeCommand(bin, 'go', ...GO_INSTALL, 'while [ ! -e "$HOME/go-on" ]; do sleep 0.05; done', ...WRITE_CLI);
    const start = () => startScript('test/dev/find-temporal-process.ts', [temporaryFolder()], env);
    const builder = start();
    await builder.printed('Building the Temporal server once');
    const others = [start(), start()];
    await Promise.all(others.map((other) => other.printed('Another process')));
    writeFileSync(`${env['HOME']}/go-on`, '');
    for (const { finished } of [builder, ...others]) {
      expect(await finished).toMatchObject({
        code: 0,
        stdout: expect.stringContaining(`found ${built}`) as string,
      });
    }
    expect(readFileSync(`${env['HOME']}/builds`, 'utf8')).toBe('run\n');
  });

  test('a builder that is killed leaves no half-built file, and the next one ends what it left and builds', async () => {
    const { bin, env, cached, built } = machine();
    const half = [
      'echo "#!/bin/sh" > "$GOBIN/temporal"',
      'chmod +x "$GOBIN/temporal"',
      'echo $$ > "$HOME/pid"',
    ];
    fakeCommand(bin, 'go', ...GO_INSTALL, ...half, 'while true; do sleep 0.05; done');
    const dataDir = temporaryFolder();
    const builder = startScript('test/dev/find-temporal-process.ts', [dataDir], env);
    const pid = await eventually(
      () => existsSync(`${env['HOME']}/pid`) && Number(readFileSync(`${env['HOME']}/pid`, 'utf8')),
    );
    // The child is listed just after its start.
    await eventually(() => readFileSync(path.join(dataDir, 'children.json'), 'utf8').includes(String(pid)));
    builder.kill('SIGKILL');
    await builder.finished;
    expect(existsSync(built)).toBe(false);
    expect(identify(pid)).toBeDefined();

    fakeCommand(bin, 'go', ...GO_INSTALL, ...WRITE_CLI);
    const next = await startScript('test/dev/find-temporal-process.ts', [dataDir], env).finished;
    expect(next.stdout).toContain('cleared 1');
    expect(next.stdout).toContain(`found ${built}`);
    expect(identify(pid)).toBeUndefined();
    expect(readdirSync(path.dirname(cached))).toEqual(['lock']);
    expect(readdirSync(path.dirname(built))).toEqual(['temporal']);
  });

  test('gets a home of its own if yours cannot be written', async () => {
    const { bin, env } = machine();
    const work = temporaryFolder();
    const write = 'echo "$HOME $XDG_CACHE_HOME $GOFLAGS" > "$GOBIN/seen"';
    fakeCommand(bin, 'go', ...GO_INSTALL.filter((line) => !line.includes('builds')), write, ...WRITE_CLI);
    const built = build(work, { env: { PATH: env['PATH'], HOME: '/proc/nothing' }, note: () => {} });
    expect(await built).toBeUndefined();
    expect(readFileSync(path.join(work, 'seen'), 'utf8')).toBe(`${work} ${work} -modcacherw\n`);
  });

  test('ends on an abort, with all processes that it started', async () => {
    const { bin, env, cached } = machine();
    fakeCommand(bin, 'go', ...GO_INSTALL, '(echo $$ > "$HOME/pid"; sleep 600)');
    const stop = new AbortController();
    const finding = findTemporal({ env, note: () => {}, signal: stop.signal }, [build]);
    const pid = await eventually(
      () => existsSync(`${env['HOME']}/pid`) && Number(readFileSync(`${env['HOME']}/pid`, 'utf8')),
    );
    stop.abort(new Error('Ctrl-C'));
    await expect(finding).rejects.toThrow('Ctrl-C');
    await eventually(() => identify(pid) === undefined);
    expect(readdirSync(path.dirname(cached))).toEqual(['lock']);
  });
});
