import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCommand } from '../cli/run-command.ts';
import { fill, sees } from '../store/access/support.ts';
import { saveIntegration } from '../../src/store/state/integrations.ts';
import { createTestStore, type TestStore } from '../support/database.ts';
import { codeBlocks, section } from './markdown.ts';

const PAGE = 'docs/access.md';
const everything = section(PAGE, '## Everything').replaceAll(/^ {3}/gm, '');
const suffix = randomBytes(6).toString('hex');
/** Roles belong to the whole server, so each run has its own. */
const withOwnRoles = (text: string) => text.replaceAll(/\b(analyst|acme)\b/g, `$1_${suffix}`);

let store: TestStore;
const roleOf = (name: string) => {
  const url = new URL(store.url);
  url.username = withOwnRoles(name);
  url.password = encodeURIComponent('…');
  return { name: url.username, url: url.href };
};

/** Runs each command of a block as written. */
async function run(block: string): Promise<string[]> {
  const lines = block.split('\n').filter((line) => line.startsWith('kombo-sync '));
  expect(lines.length).toBeGreaterThan(0);
  const printed: string[] = [];
  for (const line of lines) {
    const args = withOwnRoles(line.replace(/\s+#.*/, ''))
      .split(' ')
      .slice(1);
    const { code, stdout, stderr } = await runCommand(args, { DATABASE_URL: store.url });
    expect({ line, code, stderr }).toEqual({ line, code: 0, stderr: '' });
    printed.push(stdout);
  }
  return printed;
}

beforeAll(async () => {
  store = await createTestStore();
  await fill(store);
  const [create] = codeBlocks(everything, 'sql');
  await store.pool.query(withOwnRoles(create!));
  await store.pool.query(withOwnRoles(create!.replace('analyst', 'acme')));
});
afterAll(() => store.pool.query(withOwnRoles('drop owned by acme; drop role acme;')));

test('the steps lead from a new role to the first query', async () => {
  const [grant] = codeBlocks(everything, 'sh');
  const [, query] = codeBlocks(everything, 'sql');
  expect(await sees(roleOf('analyst'), query!)).toMatch(/^permission denied/);
  const [script, applied] = await run(grant!);
  expect(script).toContain('grant select on ');
  expect(applied).toContain('statements run.');
  expect(await sees(roleOf('analyst'), query!)).toEqual([]);
  expect(await sees(roleOf('analyst'), 'select count(*)::int from kombo_live.ats_tags')).toEqual([3]);
});

test('a reader with fewer rights reads what the page says', async () => {
  const [less] = codeBlocks(section(PAGE, '## Less than everything'), 'sh');
  await run(less!.split('\n')[0]!);
  expect(await sees(roleOf('analyst'), 'select count(raw)::int from kombo_live.ats_jobs')).toEqual([3]);
  expect(await sees(roleOf('analyst'), 'select id from kombo.ats_tags')).toMatch(/^permission denied/);
  await run(less!.split('\n')[1]!);
  expect(
    await sees(roleOf('analyst'), 'select count(id)::int from kombo.ats_tags where deleted_at is null'),
  ).toEqual([3]);
  expect(await sees(roleOf('analyst'), 'select raw from kombo.ats_tags')).toMatch(/^permission denied/);
});

test('a tenant reads what the page says', async () => {
  const [tenant] = codeBlocks(section(PAGE, '## A tenant'), 'sh');
  const id = / --integration (\S+)/.exec(tenant!)![1]!;
  await saveIntegration(store, { id, tool: 'personio', category: 'HRIS', originId: 'customer-4711' });
  await run(tenant!);
  for (const relation of ['kombo.integrations', 'kombo_live.ats_tags']) {
    expect(await sees(roleOf('acme'), `select integration_id from ${relation}`)).toEqual(
      relation === 'kombo.integrations' ? [id] : [],
    );
  }
});

test('the last statements remove the role completely', async () => {
  const [end] = codeBlocks(section(PAGE, '## Take it away'), 'sql');
  await store.pool.query(withOwnRoles(end!));
  const { rows } = await store.pool.query('select from pg_roles where rolname = $1', [
    withOwnRoles('analyst'),
  ]);
  expect(rows).toEqual([]);
});
