import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Children, hasEnded } from '../../src/dev/processes/children.ts';
import { claimDataDir } from '../../src/dev/processes/claim.ts';
import { identify } from '../../src/dev/processes/identity.ts';
import { startScript } from '../cli/spawn.ts';
import { eventually } from '../support/poll.ts';
import { temporaryFolder } from './support.ts';

const SCRIPT = 'test/dev/children-process.ts';

function spawnNode(code: string) {
  const child = spawn(process.execPath, ['-e', code], {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

function startParent(dataDir: string, then: 'wait' | 'exit') {
  const parent = startScript(SCRIPT, [dataDir, then]);
  onTestFinished(() => parent.kill('SIGTERM'));
  return parent;
}

const pidsIn = (stdout: string) =>
  [...stdout.matchAll(/^(?:temporal|tool) (\d+)$/gm)].map(([, pid]) => Number(pid));

test('the next parent ends the children that a killed parent left, and no other process', async () => {
  const dataDir = temporaryFolder();
  const parent = startParent(dataDir, 'wait');
  const pids = pidsIn(await parent.printed('ready'));
  parent.kill('SIGKILL');
  await parent.finished;
  expect(pids.map((pid) => identify(pid)?.pid)).toEqual(pids);

  // This pid belongs to another process by now.
  const stranger = spawnNode('setInterval(() => {}, 1000)');
  const file = path.join(dataDir, 'children.json');
  const entries = JSON.parse(readFileSync(file, 'utf8')) as object[];
  entries.push(
    { kind: 'temporal', pid: stranger.pid, startedAt: 'another-boot/1' },
    { kind: 'unknown', pid: 1 },
  );
  writeFileSync(file, JSON.stringify(entries));

  const release = claimDataDir(dataDir);
  const cleared = await new Children(dataDir).clearLeftovers();
  release();
  expect(cleared).toEqual(['temporal', 'tool']);
  expect(pids.map((pid) => identify(pid))).toEqual([undefined, undefined]);
  expect(hasEnded(stranger)).toBe(false);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual([]);
});

test('a parent that exits ends its children', async () => {
  const parent = startParent(temporaryFolder(), 'exit');
  const { code, stdout } = await parent.finished;
  expect(code).toBe(3);
  const pids = pidsIn(stdout);
  expect(pids).toHaveLength(2);
  await eventually(() => pids.every((pid) => identify(pid) === undefined));
});

test('a child that ignores a signal gets a stronger one', async () => {
  const children = new Children(temporaryFolder());
  const child = spawnNode(
    `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('ready')`,
  );
  children.adopt('tool', child);
  await once(child.stdout, 'data');
  await children.stop(child);
  expect(child.signalCode).toBe('SIGKILL');
  await children.stop(child);
});

test('a broken list of children counts as empty', async () => {
  const dataDir = temporaryFolder();
  writeFileSync(path.join(dataDir, 'children.json'), '[{"kind":');
  expect(await new Children(dataDir).clearLeftovers()).toEqual([]);
});

test('only one process can claim a data folder, the error names it, and its death frees the folder', async () => {
  const dataDir = temporaryFolder();
  const first = startParent(dataDir, 'wait');
  await first.printed('ready');
  expect(() => claimDataDir(dataDir)).toThrow(/runs already .*\(process \d+\).*set DATA_DIR/);
  first.kill('SIGKILL');
  await first.finished;
  const release = claimDataDir(dataDir);
  expect(() => claimDataDir(dataDir)).toThrow(`process ${process.pid}`);
  release();
  claimDataDir(dataDir)();
  await new Children(dataDir).clearLeftovers();
});
