import { expect, test } from 'vitest';
import type { Granted } from '../../src/operations/grants.ts';
import { createTestStore } from '../support/database.ts';
import { createRole } from '../support/roles.ts';
import { fill, OTHER, plan, sees } from '../store/access/support.ts';
import { runCommand } from './run-command.ts';
import { onlyDocument } from './spawn.ts';

const store = await createTestStore();
await fill(store);
const env = { DATABASE_URL: store.url };
const grants = (...args: string[]) => runCommand(['grants', ...args], env);

test('without --apply, the command prints a script that does in psql what --apply does', async () => {
  const role = await createRole(store);
  const { code, stdout } = await grants('--role', role.name, '--origin', 'acme');
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^-- Reading \d+ tables, each with its live view: run these statements, or add --apply\.\nbegin;\nset local lock_timeout = '5s';\n/,
  );
  expect(await sees(role, 'select id from kombo.ats_tags')).toMatch(/^permission denied/);
  await store.pool.query(stdout);
  expect(await sees(role, 'select count(*)::int from kombo_live.ats_tags')).toEqual([2]);
  const again = await grants('--role', role.name, '--origin', 'acme');
  expect(again.stdout).toMatch(
    /^-- Reading \d+ tables, each with its live view: this is granted already\.\n--/,
  );
});

test('with --apply, it runs the statements, prints them, and the audit log has the act', async () => {
  const role = await createRole(store);
  const options = [
    '--role',
    role.name,
    '--integration',
    OTHER,
    '--models',
    'ats_t*',
    '--without-raw',
    '--apply',
  ];
  const { code, stdout } = await grants(...options, '--json');
  expect(code).toBe(0);
  const granted = onlyDocument(stdout) as Granted;
  expect(granted).toEqual({
    role: role.name,
    tables: ['ats_tags'],
    withoutRaw: true,
    integrationId: OTHER,
    originId: null,
    statements: expect.arrayContaining([
      expect.stringMatching(/^grant select \("integration_id", .*\) on kombo\.ats_tags to /),
    ]) as string[],
    notes: expect.arrayContaining([expect.stringContaining('kombo_live stay closed')]) as string[],
    applied: true,
  });
  expect(await sees(role, 'select id from kombo.ats_tags')).toEqual([`of ${OTHER}`]);
  expect((await grants(...options)).stdout).toMatch(
    /^-- Reading 1 table, without raw: this is granted already\./,
  );
  const audit = await runCommand(['audit', OTHER, '--json'], env);
  expect(onlyDocument(audit.stdout)).toMatchObject({
    entries: [
      { action: 'grant', outcome: 'done', integrationId: OTHER },
      {
        action: 'grant',
        outcome: 'done',
        details: { role: role.name, models: ['ats_t*'], withoutRaw: true, integrationId: OTHER },
      },
    ],
  });
});

test("a line break in a role's name does not end a comment of the script", async () => {
  const role = await createRole(store);
  const name = `x\nselect 1/0; -- ${role.name}`;
  await store.pool.query(`alter role ${role.name} rename to "${name}"`);
  try {
    await grants('--role', name, '--integration', OTHER, '--apply');
    // The note that the role reads more than before contains its name.
    const { stdout } = await grants('--role', name);
    expect(stdout).toMatch(/^-- x select 1\/0; -- \S+ was limited to some integrations/m);
    expect((await plan(store, { name, url: '' })).statements.length).toBeGreaterThan(1);
  } finally {
    await store.pool.query(`alter role "${name}" rename to ${role.name}`);
  }
});

test.each([
  ['no role', [], 2, '--role'],
  ['an empty role', ['--role', ''], 2, 'must not be empty'],
  ['a role that does not exist', ['--role', 'nobody', '--apply'], 3, 'create role "nobody" login'],
  ['two tenants', ['--role', 'a', '--origin', 'x', '--integration', OTHER], 2, 'not both'],
  ['an invalid id', ['--role', 'a', '--integration', '-'], 2, '--integration'],
  ['an unknown model', ['--role', 'a', '--models', 'hris_employes'], 2, 'hris_employes'],
  ['an unknown integration', ['--role', 'a', '--integration', 'bombohr:none'], 3, 'bombohr:none'],
])('%s is reported with its exit code', async (_what, args, exitCode, message) => {
  const { code, stderr } = await grants(...args);
  expect({ code, stderr }).toEqual({ code: exitCode, stderr: expect.stringContaining(message) as string });
});

test('a role that the service runs as is refused and stays as it is', async () => {
  const url = new URL(store.url);
  const { code, stderr } = await grants('--role', decodeURIComponent(url.username), '--integration', OTHER);
  expect(code).toBe(2);
  expect(stderr).toMatch(/is a superuser, for whom no policy counts|owns tables of kombo-sync/);
});
