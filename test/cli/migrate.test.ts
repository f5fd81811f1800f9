import { afterAll, beforeAll, expect, test } from 'vitest';
import { createEmptyStore, type TestStore } from '../support/database.ts';
import { runCommand } from './run-command.ts';
import { cli, onlyDocument } from './spawn.ts';

let store: TestStore;

beforeAll(async () => {
  store = await createEmptyStore();
});

afterAll(() => store.close());

const env = () => ({ DATABASE_URL: store.url });

test('before the first migration, commands say what to do', async () => {
  for (const args of [['status'], ['integrations', 'list'], ['changes'], ['fields', 'undocumented']]) {
    const { code, stdout, stderr } = await runCommand([...args, '--json'], env());
    expect(code).toBe(1);
    expect(stderr).toBe('The database is not up to date. Run: kombo-sync migrate\n');
    expect(onlyDocument(stdout)).toMatchObject({ error: { code: 'not_migrated' } });
  }
});

test('a worker does not start before the first migration', async () => {
  const { code, stderr } = await runCommand(['worker'], { ...env(), KOMBO_API_KEY: 'ks_test' });
  expect(code).toBe(1);
  expect(stderr).toContain('Run: kombo-sync setup');
});

test('migrations run once although two processes run them at the same time', async () => {
  const both = await Promise.all([cli(['migrate', '--json'], env()), cli(['migrate', '--json'], env())]);
  const applied = both.map(({ code, stdout }) => {
    expect(code).toBe(0);
    return (onlyDocument(stdout) as { applied: string[] }).applied.length;
  });
  expect(Math.min(...applied)).toBe(0);
  expect(Math.max(...applied)).toBeGreaterThan(1);
  const again = await runCommand(['migrate'], env());
  expect(again).toMatchObject({ code: 0, stdout: 'The database is up to date.\n' });
  expect((await runCommand(['status'], env())).code).toBe(0);
});

test('a database or user that does not exist exits with 4, like an unreachable server', async () => {
  for (const [name, value] of [
    ['pathname', '/no_such_database'],
    ['password', 'wrong'],
  ] as const) {
    const url = new URL(store.url);
    url[name] = value;
    const { code, stderr } = await runCommand(['status'], { DATABASE_URL: url.href });
    expect(code).toBe(4);
    expect(stderr).toMatch(/^Postgres (does not have the database|refuses the user or the password): /);
    expect(stderr).not.toContain('wrong');
  }
});
