import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommanderError, type Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { createProgram } from '../../src/cli/program.ts';
import { OBJECT_NAMES } from '../support/object-names.ts';
import { runCommand } from './run-command.ts';
import { cli, closedPort, emptyFolder, onlyDocument } from './spawn.ts';

const NOWHERE = 'postgres://nobody@127.0.0.1:1/nothing';

interface Leaf {
  words: string[];
  takesId: boolean;
}

function commandsOf(command: Command, words: string[] = []): Leaf[] {
  return command.commands.flatMap((child) => {
    const path = [...words, child.name()];
    const takesId = child.registeredArguments.some((argument) => argument.name() === 'id');
    return [{ words: path, takesId }, ...commandsOf(child, path)];
  });
}

describe('2: wrong use', () => {
  test.concurrent.each([
    ['no command', []],
    ['an unknown command', ['bogus']],
    ['a group without a command', ['sync']],
    ['an unknown command of a group', ['sync', 'bogus']],
    ['an unknown option', ['status', '--bogus']],
    ['a missing argument', ['sync', 'history']],
    ['too many arguments', ['migrate', 'now']],
    ['an invalid count', ['drift', 'x:1', '--limit', '0']],
    ['an invalid date', ['sync', 'full', 'x:1', '--since', '2026-02-31']],
    ['a date in the future', ['sync', 'full', 'x:1', '--since', '2999-01-01']],
    ['an invalid position', ['changes', '--after', 'last']],
    ['an empty list', ['sync', 'now', 'x:1', '--models', ',']],
    ['neither an id nor --all', ['sync', 'full']],
    ['an id and --all', ['sync', 'full', 'x:1', '--all']],
    ['neither an id nor --file', ['integrations', 'add']],
    ['an id and --file', ['integrations', 'add', 'x:1', '--file', 'ids.txt']],
    ['a missing file', ['integrations', 'add', '--file', 'nowhere.txt']],
    ['a pause without a reason', ['integrations', 'pause', 'x:1']],
    ['an invalid status', ['integrations', 'list', '--status', 'asleep']],
    ['--unknown with a status', ['integrations', 'list', '--unknown', '--status', 'active']],
    ['an id and a filter', ['status', 'x:1', '--failing']],
    ['an invalid number of syncs', ['cutover', '--syncs', 'all']],
    ['an empty id in a filter', ['changes', '--integration', '']],
    ['an unknown endpoint', ['fields', 'undocumented', '--endpoint', '/ats/nothing']],
  ])('%s', async (_name, args) => {
    const { code, stdout, stderr } = await runCommand(args, {
      DATABASE_URL: NOWHERE,
      KOMBO_API_KEY: 'ks_test',
    });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).not.toBe('');
    expect(stderr).not.toMatch(/^\s+at .*:\d+:\d+/m);
  });

  test.each(
    OBJECT_NAMES.flatMap((name) => [
      [name],
      ['sync', name],
      ['status', `--${name}`],
      ['integrations', 'list', '--status', name],
      ['sync', 'full', 'x:1', '--since', name],
      ['fields', 'undocumented', '--limit', name],
    ]),
  )(
    '%s %s: the name of a property that every object has is not a command, option or value',
    async (...words) => {
      const running = createProgram().parseAsync(words, { from: 'user' });
      await expect(running).rejects.toThrow(CommanderError);
    },
  );

  const takingAnId = commandsOf(createProgram()).filter(({ takesId }) => takesId);

  test('more than twelve commands take an id', () => {
    expect(takingAnId.length).toBeGreaterThan(12);
  });

  const WRITE_AN_ID = 'Write the id of an integration, for example personio:CBNMt7dSNCzBdnRTx87dev4E';

  test.concurrent.each(['', ' ', 'a\nb', 'x'.repeat(201)])('the id %j', async (id) => {
    const env = { DATABASE_URL: NOWHERE, KOMBO_API_KEY: 'ks_test', TEMPORAL_ADDRESS: '127.0.0.1:1' };
    const { code, stdout, stderr } = await runCommand(['status', id], env);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(WRITE_AN_ID);
  });

  // The test above shows that it ends a command.
  test.each(takingAnId)('$words with an empty id', async ({ words }) => {
    const options = words.includes('pause') ? ['--reason', 'a test'] : [];
    const running = createProgram().parseAsync([...words, '', ...options], { from: 'user' });
    await expect(running).rejects.toThrow(CommanderError);
    await expect(running).rejects.toThrow(WRITE_AN_ID);
  });

  test.concurrent.each(['', 'one\ntwo', 'x'.repeat(501)])(
    'a pause with the reason %j, even if Temporal is away',
    async (reason) => {
      const { code, stderr } = await runCommand(['integrations', 'pause', 'x:1', '--reason', reason], {
        DATABASE_URL: NOWHERE,
        TEMPORAL_ADDRESS: '127.0.0.1:1',
      });
      expect(code).toBe(2);
      expect(stderr).toMatch(/reason|why it is paused/);
    },
  );

  test.concurrent('--json prints the error as one document', async () => {
    const { code, stdout } = await cli(['status', '--bogus', '--json']);
    expect(code).toBe(2);
    expect(onlyDocument(stdout)).toEqual({
      error: { code: 'wrong_use', message: expect.stringContaining('--bogus') as string },
    });
  });
});

describe('1: settings', () => {
  test.concurrent('all wrong and missing settings are named at once, with the remedy', async () => {
    const env = { DEBOUNCE_QUIET: 'soon', PORT: 'http' };
    const { code, stdout, stderr } = await runCommand(['serve'], env);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('DEBOUNCE_QUIET is not a duration');
    expect(stderr).toContain('PORT is not a port');
    expect(stderr).toContain('KOMBO_WEBHOOK_SECRETS is missing');
    expect(stderr).toContain('DATABASE_URL is missing');
  });

  test.concurrent('a TEMPORAL_TLS that is neither on nor off is refused', async () => {
    const env = { DATABASE_URL: NOWHERE, TEMPORAL_ADDRESS: '127.0.0.1:1', TEMPORAL_TLS: 'maybe' };
    const { code, stderr } = await runCommand(['schedule', 'show', 'x:1'], env);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr:
        'TEMPORAL_TLS is neither true nor false; set it to one of them, for example TEMPORAL_TLS=true.\n',
    });
  });

  test.concurrent('a worker names the settings that it lacks', async () => {
    const { code, stderr } = await runCommand(['worker'], { DATABASE_URL: NOWHERE });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^KOMBO_API_KEY is missing; set it, for example .*\n$/);
  });

  test.concurrent('.env is read, and the environment takes precedence', async () => {
    const folder = mkdtempSync(join(emptyFolder, 'env-'));
    writeFileSync(join(folder, '.env'), `DATABASE_URL=${NOWHERE}\nDEBOUNCE_QUIET=soon\n`);
    expect((await cli(['status'], {}, folder)).stderr).toContain('DEBOUNCE_QUIET is not a duration');
    const { code, stderr } = await cli(['status'], { DEBOUNCE_QUIET: '5s' }, folder);
    expect(code).toBe(4);
    expect(stderr).toContain('Postgres cannot be reached');
  });
});

describe('4: a dependency that cannot be reached', async () => {
  // Commands with the same settings run beside each other.
  const port = await closedPort();

  test.concurrent.each([
    [['status']],
    [['migrate']],
    [['integrations', 'list']],
    [['drift', 'x:1']],
    [['changes']],
    [['changes', '--follow']],
    [['sync', 'history', 'x:1']],
    [['fields', 'undocumented']],
    [['status', 'x:1']],
    [['integrations', 'list', '--unknown']],
    [['integrations', 'show', 'x:1']],
    [['audit']],
  ])('Postgres: %j', async (args) => {
    const env = { DATABASE_URL: `postgres://nobody:hunter2@127.0.0.1:${port}/nothing` };
    const plain = await runCommand(args, env);
    expect(plain).toMatchObject({ code: 4, stdout: '' });
    expect(plain.stderr).toContain('Postgres cannot be reached: ECONNREFUSED at 127.0.0.1:');
    expect(plain.stderr).toContain('Check DATABASE_URL');
    expect(plain.stderr).not.toContain('hunter2');
    const json = await runCommand([...args, '--json'], env);
    expect(json.code).toBe(4);
    expect(onlyDocument(json.stdout)).toEqual({
      error: { code: 'unreachable', message: expect.stringContaining('Postgres') as string },
    });
  });

  test.concurrent.each([
    [['schedule', 'show', 'x:1']],
    [['integrations', 'pause', 'x:1', '--reason', 'a test']],
    [['integrations', 'resume', 'x:1']],
    [['integrations', 'remove', 'x:1']],
    [['sync', 'cancel', 'x:1']],
    [['cutover']],
  ])('Temporal: %j', async (args) => {
    const address = `127.0.0.1:${port}`;
    const { code, stdout, stderr } = await runCommand([...args, '--json'], {
      TEMPORAL_ADDRESS: address,
      DATABASE_URL: NOWHERE,
    });
    expect(code).toBe(4);
    expect(stderr).toBe(
      `Temporal cannot be reached: ECONNREFUSED at ${address}. Check TEMPORAL_ADDRESS and that the server runs.\n`,
    );
    expect(onlyDocument(stdout)).toMatchObject({ error: { code: 'unreachable' } });
  });
});
