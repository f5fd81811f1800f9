import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { createProgram } from '../../src/cli/program.ts';
import { completionScript, SHELLS, type Shell } from '../../src/cli/support/completion.ts';
import { runCommand } from './run-command.ts';
import { cli } from './spawn.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'kombo-sync-completion-'));
afterAll(() => rmSync(folder, { recursive: true }));

const script = (shell: Shell) => {
  const file = path.join(folder, `completion.${shell}`);
  writeFileSync(file, completionScript(createProgram(), shell));
  return file;
};

/** What a shell offers for a line whose last word is being typed. */
const ASK: Record<Shell, (file: string, words: readonly string[]) => { args: string[]; input: string }> = {
  bash: (file, words) => ({
    args: ['--norc', '-s'],
    input: `source ${file}; COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}
_kombo_sync; printf '%s\\n' "\${COMPREPLY[@]}"`,
  }),
  // Its own functions work only while a line is edited; these two say what they are given.
  zsh: (file, words) => ({
    args: ['-f', '-s'],
    input: `compdef() { :; }; _files() { print files; }; _describe() { print -l -- "\${(@P)2}" }; source ${file}
words=(${words.map((word) => `'${word}'`).join(' ')}); CURRENT=${words.length}; _kombo_sync`,
  }),
  fish: (file, words) => ({
    args: ['--no-config', '-c', `source ${file}; complete -C '${words.join(' ')}'`],
    input: '',
  }),
};

function offered(shell: Shell, ...words: string[]): string[] {
  const { args, input } = ASK[shell](script(shell), ['kombo-sync', ...words]);
  const { stdout, stderr } = spawnSync(shell, args, {
    input,
    encoding: 'utf8',
    env: { ...process.env, HOME: folder },
  });
  expect(stderr).toBe('');
  return stdout
    .split('\n')
    .map((line) => line.split(/[\t:]/)[0]!)
    .filter((line) => line !== '');
}

const hasShell = (shell: Shell) => spawnSync(shell, ['-c', 'exit 0']).status === 0;

describe.each(SHELLS)('%s', (shell) => {
  test.skipIf(!hasShell(shell))(
    'offers commands, their commands, their options and the words of these',
    () => {
      expect(offered(shell, '')).toEqual(expect.arrayContaining(['dev', 'sync', 'status', 'completion']));
      expect(offered(shell, 'sync', '')).toEqual(
        expect.arrayContaining(['now', 'full', 'cancel', 'history']),
      );
      expect(offered(shell, 'sync', '')).not.toContain('dev');
      const options = offered(shell, 'sync', 'full', '--');
      expect(options).toEqual(expect.arrayContaining(['--models', '--since', '--wait', '--json', '--help']));
      expect(options).not.toContain('--status');
      expect(offered(shell, 'status', '--failing', '--status', '').toSorted()).toEqual([
        'active',
        'parked',
        'paused',
        'removed',
      ]);
    },
  );
});

test('the script comes out of the command as it is, without any setting', async () => {
  const { code, stdout } = await runCommand(['completion', 'bash'], { DATABASE_URL: 'nonsense' });
  expect(code).toBe(0);
  expect(stdout).toBe(completionScript(createProgram(), 'bash'));
  expect(await cli(['completion', 'csh'])).toMatchObject({ code: 2 });
});
