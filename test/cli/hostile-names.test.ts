import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { saveIntegration } from '../../src/store/state/integrations.ts';
import { pause } from '../../src/store/state/life.ts';
import { createTestStore } from '../support/database.ts';
import { runCommand } from './run-command.ts';
import { emptyFolder, onlyDocument } from './spawn.ts';

const store = await createTestStore();
const env = { DATABASE_URL: store.url, TEMPORAL_ADDRESS: '127.0.0.1:1' };
const ID = `a:$(reboot)'`;
const HOSTILE = 'Acme\u001b]52;c;eA==\u0007\u009b2J\nforged';

await saveIntegration(store, { id: ID, tool: HOSTILE, category: 'ATS', organizationName: HOSTILE });
await pause(store, ID, HOSTILE);
await store.pool.query(
  `insert into kombo.ats_jobs (integration_id, id, raw, observed_at, asked_seq, arrived_seq)
   values ($1, $2, $3, now(), 1, 2)`,
  [ID, HOSTILE, JSON.stringify({ id: HOSTILE, [HOSTILE]: 1 })],
);
await store.pool.query(
  `insert into kombo_sync.changes (integration_id, table_name, id, op)
   select $1, 'ats_jobs', $2, 'created' from generate_series(1, 2000)`,
  [ID, HOSTILE],
);
await store.pool.query(
  `insert into kombo_sync.audit_log (actor, source, action, integration_id, details, message)
   values ($1, 'cli', 'add', $2, $3, $1)`,
  [HOSTILE, ID, JSON.stringify({ reason: HOSTILE })],
);

describe('control characters from outside never reach the terminal', () => {
  test.each([
    [['integrations', 'list']],
    [['integrations', 'show', ID]],
    [['status']],
    [['status', ID]],
    [['status', 'nowhere:$(reboot)']],
    [['changes', '--limit', '3']],
    [['audit']],
    [['audit', ID]],
    [['drift', ID]],
    [['sync', 'history', ID]],
    [['fields', 'undocumented']],
    [['schedule', 'show', ID]],
  ])('%j', async (args) => {
    const { stdout, stderr } = await runCommand(args, env);
    expect(stdout + stderr).toMatch(/^[\P{C}\n]+$/u);
    expect(stdout + stderr).not.toMatch(/^forged/m);
    // Commands to copy are quoted.
    for (const [, id] of (stdout + stderr).matchAll(/kombo-sync [a-z ]+ (\S*reboot\S*)/g)) {
      expect(id).toMatch(/^'/);
    }
  });

  test('--json prints the exact text', async () => {
    const { stdout } = await runCommand(['integrations', 'list', '--json'], env);
    expect(onlyDocument(stdout)).toMatchObject({
      integrations: [{ id: ID, organizationName: HOSTILE, statusReason: HOSTILE }],
    });
  });
});

describe('a pipe whose reader has gone', () => {
  const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
  const piped = (command: string) =>
    new Promise<{ code: string; stderr: string }>((resolve) => {
      const script = `node ${main} ${command}; echo "\${PIPESTATUS[0]}" >&3`;
      const options = { cwd: emptyFolder, env: { PATH: process.env['PATH'], HOME: emptyFolder, ...env } };
      execFile('bash', ['-c', `{ ${script} ; } 3>&1`], options, (_error, stdout, stderr) =>
        resolve({ code: stdout.trim().split('\n').at(-1)!, stderr }),
      );
    });

  test.each([
    ['changes --limit 2000 | true', '0'],
    ['changes --follow --after 0 2>/dev/null | head -n 1', '0'],
    ['doctor | true', '1'],
    ['integrations show nowhere:1 --json 2>/dev/null | true', '3'],
  ])('%s ends quietly with %s', async (command, code) => {
    expect(await piped(command)).toEqual({ code, stderr: '' });
  });
});
