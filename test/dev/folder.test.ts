import { existsSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { makeFolder } from '../../src/dev/processes/folder.ts';
import { temporaryFolder } from './support.ts';

test('a folder is made with those above it, and once', () => {
  const folder = path.join(temporaryFolder(), 'one', 'two', 'three');
  makeFolder(folder);
  makeFolder(folder);
  expect(statSync(folder).isDirectory()).toBe(true);
});

test('what is relative is made here', () => {
  makeFolder('.');
  expect(() => makeFolder('package.json')).toThrow(/EEXIST/);
});

test('a file in the way is an error', () => {
  const file = path.join(temporaryFolder(), 'file');
  writeFileSync(file, '');
  expect(() => makeFolder(file)).toThrow(/EEXIST/);
  expect(() => makeFolder(path.join(file, 'below', 'it'))).toThrow(/ENOTDIR|EEXIST/);
});

test.runIf(existsSync('/proc/self'))('a file system that takes no folders is an error too', () => {
  expect(() => makeFolder('/proc/kombo-sync/data')).toThrow(/ENOENT/);
});
