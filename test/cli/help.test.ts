import type { Command } from 'commander';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { createProgram } from '../../src/cli/program.ts';
import { packageVersion } from '../../src/version.ts';
import { runCommand } from './run-command.ts';
import { cli } from './spawn.ts';

/** Every command, with the words that call it. */
function walk(command: Command, words: string[]): { words: string[]; command: Command }[] {
  return command.commands.flatMap((child) => {
    const path = [...words, child.name()];
    return [{ words: path, command: child }, ...walk(child, path)];
  });
}

const commands = walk(createProgram(), []);

test('offers the commands that users and scripts depend on', () => {
  const names = commands.map(({ words }) => words.join(' '));
  expect(names).toEqual(
    expect.arrayContaining([
      'dev',
      'serve',
      'worker',
      'migrate',
      'setup',
      'doctor',
      'integrations list',
      'integrations show',
      'integrations add',
      'integrations pause',
      'integrations resume',
      'integrations remove',
      'sync now',
      'sync full',
      'sync cancel',
      'sync history',
      'status',
      'drift',
      'cutover',
      'audit',
      'changes',
      'schedule show',
      'fields undocumented',
    ]),
  );
});

describe.concurrent.each(commands.map(({ words, command }) => [words.join(' '), words, command] as const))(
  '%s',
  (_name, words, command) => {
    test('has a one-line description and an example in its help', async () => {
      const { code, stdout, stderr } = await runCommand([...words, '--help']);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(command.description()).toMatch(/^\S[^\n]{10,120}$/);
      expect(stdout).toContain('Usage: kombo-sync');
      expect(stdout).toMatch(/Examples?:\n {2}\S/);
    });

    test('describes each option, and takes --json unless it only groups others', () => {
      for (const option of command.options) expect(option.description).not.toBe('');
      const takesJson = command.options.some((option) => option.long === '--json');
      expect(takesJson).toBe(command.commands.length === 0);
    });
  },
);

test('the program itself has help, examples and the exit codes', async () => {
  const { code, stdout } = await cli(['--help']);
  expect(code).toBe(0);
  expect(stdout).toContain('Examples:');
  expect(stdout).toContain('Exit codes: 0 done, 1 failed, 2 wrong use, 3 not found, 4 a dependency');
});

test('--version prints the version of the package', async () => {
  expect(await runCommand(['--version'])).toEqual({ code: 0, stdout: `${packageVersion()}\n`, stderr: '' });
});

test('building the command line loads neither Temporal nor Postgres', () => {
  const program = fileURLToPath(new URL('../../src/cli/program.ts', import.meta.url));
  const script = `
    const { createRequire } = await import('node:module');
    (await import(${JSON.stringify(program)})).createProgram();
    const loaded = Object.keys(createRequire(${JSON.stringify(program)}).cache);
    process.stdout.write(JSON.stringify(loaded.filter((path) => /node_modules\\/(@temporalio|pg|zod)\\//.test(path))));`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
  });
  expect({ stdout, stderr }).toEqual({ stdout: '[]', stderr: '' });
});
