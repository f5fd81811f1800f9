import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lchownSync,
  mkdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { findPostgresBinaries, installedPackage } from '../../src/dev/postgres/binaries.ts';
import { startPostgres } from '../../src/dev/postgres/server.ts';
import { cachePlace, homeOf, userPlace } from '../../src/dev/processes/cache.ts';
import { Children } from '../../src/dev/processes/children.ts';
import { runCommand } from '../../src/dev/processes/command.ts';
import { closedFor, ownFolder } from '../../src/dev/processes/folder.ts';
import { freePort } from '../../src/dev/processes/ports.ts';
import { fakeCommand, temporaryFolder } from './support.ts';

const isRoot = process.getuid?.() === 0;
const OTHER = { uid: 65_534, gid: 65_534 };

/** A package like the one that npm installs, with programs that print their user. */
function fakePackage(root: string): string {
  const native = path.join(root, 'native');
  for (const folder of ['bin', 'lib']) mkdirSync(path.join(native, folder), { recursive: true });
  writeFileSync(path.join(root, 'package.json'), '{ "version": "18.0.0" }');
  writeFileSync(path.join(native, 'lib', 'one.so'), 'library', { mode: 0o600 });
  const links = [{ source: 'native/lib/one.so', target: 'native/lib/link.so' }];
  writeFileSync(path.join(native, 'pg-symlinks.json'), JSON.stringify(links), { mode: 0o600 });
  for (const name of ['initdb', 'postgres']) {
    fakeCommand(path.join(native, 'bin'), name, 'id -u; cat "$(dirname "$0")/../lib/link.so"');
  }
  return root;
}

function openFolder(): string {
  const folder = temporaryFolder();
  chmodSync(folder, 0o755);
  return folder;
}

describe('the programs of Postgres', () => {
  const ourselves = isRoot ? OTHER : undefined;

  test('run from the folder of npm, if they can', () => {
    const root = fakePackage(openFolder());
    const found = findPostgresBinaries(ourselves, { HOME: openFolder() }, root);
    expect(found.postgres).toBe(path.join(root, 'native/bin/postgres'));
    expect(existsSync(path.join(root, 'native/lib/link.so'))).toBe(true);
  });

  test.each([
    ...(isRoot ? [['a closed folder', 'closed', 0o700] as const] : []),
    ['a folder whose name a shell changes', '$HOME "x"', 0o755] as const,
  ])('are copied out of %s once, and again if a file is missing', async (_what, name, mode) => {
    const parent = path.join(openFolder(), name);
    const root = fakePackage(path.join(parent, 'package'));
    chmodSync(parent, mode);
    const home = openFolder();
    const find = () => findPostgresBinaries(ourselves, { HOME: home }, root);
    const { postgres } = find();
    const copy = path.join(home, '.cache/kombo-sync/postgres-18.0.0');
    expect(postgres).toBe(path.join(copy, 'native/bin/postgres'));
    const run = await runCommand(postgres, [], { cwd: '/', ...ourselves });
    expect(run).toMatchObject({ ok: true, stdout: `${ourselves?.uid ?? process.getuid?.()}\nlibrary` });

    const { ino } = statSync(copy);
    expect(find().postgres).toBe(postgres);
    expect(statSync(copy).ino).toBe(ino);
    rmSync(path.join(copy, 'native/lib/one.so'));
    find();
    expect(existsSync(path.join(copy, 'native/lib/one.so'))).toBe(true);
  });

  test.runIf(isRoot)('work below a folder that only root may enter, and so does the data', async () => {
    const closed = path.join(openFolder(), `O'Brien & "Söhne" (dev)`);
    mkdirSync(closed, { mode: 0o700 });
    cpSync(installedPackage(), path.join(closed, 'package'), { recursive: true, verbatimSymlinks: true });
    expect(closedFor(OTHER.uid, closed)).toBe(closed);
    const dataDir = path.join(closed, 'data');
    const server = await startPostgres({
      dataDir,
      port: await freePort(),
      children: new Children(dataDir),
      env: { ...process.env, HOME: openFolder() },
      programs: path.join(closed, 'package'),
    });
    onTestFinished(() => server.stop());
    expect(existsSync(path.join(dataDir, 'postgres', 'postmaster.pid'))).toBe(true);
    expect(statSync(path.join(dataDir, 'postgres')).uid).not.toBe(0);
  });
});

describe('a private folder', () => {
  test('is made with those above it, and others may enter it under any umask', () => {
    const before = process.umask(0o077);
    onTestFinished(() => void process.umask(before));
    const folder = path.join(temporaryFolder(), 'one', 'two');
    expect(ownFolder(folder)).toBe(true);
    expect(ownFolder(folder)).toBe(true);
    expect(statSync(folder).mode & 0o777).toBe(0o755);
  });

  test('is refused if others can change or replace it', () => {
    const parent = openFolder();
    const folder = path.join(parent, 'ours');
    mkdirSync(folder);
    chmodSync(folder, 0o777);
    expect(ownFolder(folder)).toBe(false);
    chmodSync(folder, 0o755);
    expect(ownFolder(folder)).toBe(true);
    chmodSync(parent, 0o777);
    expect(ownFolder(folder)).toBe(false);
    chmodSync(parent, 0o1777);
    expect(ownFolder(folder)).toBe(true);
    writeFileSync(path.join(parent, 'file'), '');
    expect(ownFolder(path.join(parent, 'file'))).toBe(false);
  });

  test.runIf(isRoot)('is refused if it, or a link to it, belongs to another user', () => {
    const parent = openFolder();
    const [ours, theirs, link] = ['ours', 'theirs', 'link'].map((name) => path.join(parent, name));
    mkdirSync(ours!);
    mkdirSync(theirs!);
    chownSync(theirs!, OTHER.uid, OTHER.gid);
    symlinkSync(ours!, link!);
    lchownSync(link!, OTHER.uid, OTHER.gid);
    expect([ours, theirs, link].map((folder) => ownFolder(folder!))).toEqual([true, false, false]);
  });
});

describe('the cache between runs', () => {
  test('is in the home folder, or elsewhere if there is no home', () => {
    const home = openFolder();
    expect(cachePlace({ HOME: home, XDG_CACHE_HOME: `${home}/cache` })).toBe(`${home}/cache/kombo-sync`);
    expect(cachePlace({ HOME: '/proc/nothing' })).toMatch(/^(?!\/proc)\/.*\/kombo-sync/);
    expect(homeOf({})).toBe(homeOf({ HOME: '' }));
    expect(userPlace({ HOME: '/h' })).toMatch(/^\/h\/.*kombo-sync$/);
  });

  test('is refused without a private folder, with what to do', () => {
    expect(() => cachePlace({ HOME: '/h' }, () => false)).toThrow(
      /\/h\/.*another user can change them\. Set XDG_CACHE_HOME or TMPDIR/,
    );
  });
});
