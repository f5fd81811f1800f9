import { existsSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { makeFolder } from '../../src/dev/processes/folder.ts';
import { temporaryFolder } from './support.ts';

test('makes a folder and those above it, and accepts that it exists', () => {
  const folder = path.join(temporaryFolder(), 'one', 'two', 'three');
  makeFolder(folder);
  makeFolder(folder);
  expect(statSync(folder).isDirectory()).toBe(true);
});

test('makes a relative path below the working folder', () => {
  makeFolder('.');
  expect(() => makeFolder('package.json')).toThrow(/EEXIST/);
});

test('throws if a file is in the way', () => {
  const file = path.join(temporaryFolder(), 'file');
  writeFileSync(file, '');
  expect(() => makeFolder(file)).toThrow(/EEXIST/);
  expect(() => makeFolder(path.join(file, 'below', 'it'))).toThrow(/ENOTDIR|EEXIST/);
});

test.runIf(existsSync('/proc/self'))('throws if the file system accepts no new folders', () => {
  expect(() => makeFolder('/proc/kombo-sync/data')).toThrow(/ENOENT/);
});
