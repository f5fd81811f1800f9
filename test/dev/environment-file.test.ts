import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import {
  devEnvironmentFile,
  readDotEnv,
  readEnvironmentFile,
  writeEnvironmentFile,
} from '../../src/dev/environment-file.ts';
import { cli } from '../cli/spawn.ts';
import { temporaryFolder } from './support.ts';

const write = (content: string | Buffer) => {
  const file = path.join(temporaryFolder(), '.env');
  writeFileSync(file, content);
  return file;
};

test('a shell and kombo-sync read the same values from the file of dev, even in a folder with an odd name', () => {
  const dataDir = path.join(temporaryFolder(), `O'Brien & Söhne (dev) $HOME "x" \\ \`y\` #1`);
  mkdirSync(dataDir);
  const settings = {
    A_FOLDER: dataDir,
    A_QUOTE: "''a'",
    AN_URL: 'http://[::1]:3000/?a=b&c',
    EMPTY: undefined,
  };
  writeEnvironmentFile(dataDir, settings);
  const file = devEnvironmentFile(dataDir);
  expect(readEnvironmentFile(dataDir)).toEqual({
    A_FOLDER: dataDir,
    A_QUOTE: "''a'",
    AN_URL: settings.AN_URL,
  });
  const script = 'set -a; . "$1"; set +a; printf "%s|%s|%s" "$A_FOLDER" "$A_QUOTE" "$AN_URL"';
  const shell = execFileSync('sh', ['-euc', script, 'sh', file], { encoding: 'utf8' });
  expect(shell).toBe(`${dataDir}|''a'|${settings.AN_URL}`);
  expect(statSync(file).mode & 0o077).toBe(0);
});

test('a file that others could read is private after it is written again', () => {
  const dataDir = temporaryFolder();
  const file = devEnvironmentFile(dataDir);
  for (const left of [file, `${file}.new`]) writeFileSync(left, 'ADMIN_TOKEN=old', { mode: 0o644 });
  writeEnvironmentFile(dataDir, { ADMIN_TOKEN: 'new' });
  expect(statSync(file).mode & 0o077).toBe(0);
  expect(readEnvironmentFile(dataDir)).toEqual({ ADMIN_TOKEN: 'new' });
  expect(existsSync(`${file}.new`)).toBe(false);
});

test('without a file there are no settings', async () => {
  const file = path.join(temporaryFolder(), '.env');
  expect(await readDotEnv(file, {})).toEqual({});
  expect(readEnvironmentFile(path.dirname(file))).toEqual({});
});

const UTF_16 = Buffer.from('\uFEFFHOST=one\r\nPORT="2"\r\n', 'utf16le');

test.each([
  ['plain', 'HOST=one\nPORT=2\n'],
  ['with a byte order mark', '\uFEFFHOST=one\nPORT=2\n'],
  ['with Windows line ends', 'HOST=one\r\nPORT=2\r\n'],
  ['in UTF-16 from PowerShell', UTF_16],
  ['in UTF-16 with the other byte order', Buffer.from(UTF_16).swap16()],
])('a file %s is read from its first variable on', async (_how, content) => {
  expect(await readDotEnv(write(content), {})).toEqual({ HOST: 'one', PORT: '2' });
});

test('a file that is not text is refused with what to do', async () => {
  await expect(readDotEnv(write(UTF_16.subarray(2)), {})).rejects.toThrow(
    /\.env is not text in UTF-8\. Save it/,
  );
});

test.each([
  'KOMBO_WEBHOOK_SECRETS=whsec_#1',
  'PORT=3000\nexport KOMBO_WEBHOOK_SECRETS = whsec_#1 # the first',
  'KOMBO_WEBHOOK_SECRETS=one two#three',
  'KOMBO_WEBHOOK_SECRETS=#1',
  'KOMBO_WEBHOOK_SECRETS_FILE=/run/#1',
  'TEMPORAL_API_KEY=a#b',
])('a setting that ends at its # is refused: %s', async (content) => {
  const problem = /^(KOMBO_WEBHOOK_SECRETS|TEMPORAL_API_KEY)\S* in \S+\.env ends at its #.*='one#two', or/;
  await expect(readDotEnv(write(content), {})).rejects.toThrow(problem);
});

test.each([
  ["KOMBO_WEBHOOK_SECRETS='whsec_#1' # comment#", 'whsec_#1'],
  ['KOMBO_WEBHOOK_SECRETS="whsec_#1"', 'whsec_#1'],
  ['KOMBO_WEBHOOK_SECRETS=whsec_1 #comment', 'whsec_1'],
  ['KOMBO_WEBHOOK_SECRETS= # to be filled in', ''],
  ["#KOMBO_WEBHOOK_SECRETS=a#b\nKOMBO_WEBHOOK_SECRETS='c'", 'c'],
])('a # that cuts nothing is accepted: %s', async (content, value) => {
  expect(await readDotEnv(write(content), {})).toEqual({ KOMBO_WEBHOOK_SECRETS: value });
});

test('a setting of another program, or one that the environment overrides, may be cut', async () => {
  const file = write('THEIRS=a#b\nADMIN_TOKEN=c#d');
  expect(await readDotEnv(file, { ADMIN_TOKEN: '' })).toMatchObject({ THEIRS: 'a' });
});

test('a command says what is wrong with the file', async () => {
  const file = write('KOMBO_WEBHOOK_SECRETS=whsec_#1');
  const { code, stderr } = await cli(['status'], {}, path.dirname(file));
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringMatching(/^KOMBO_WEBHOOK_SECRETS in \.env ends at its #/) as string,
  });
});
