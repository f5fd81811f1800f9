import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { expect, test } from 'vitest';
import { tag, writeTags } from '../consumer/support.ts';
import { ROOT } from '../docs/markdown.ts';
import { createTestStore } from '../support/database.ts';

const store = await createTestStore();
const python = (args: string[]) =>
  spawnSync('python3', args, {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, DATABASE_URL: store.url, PYTHONDONTWRITEBYTECODE: '1' },
  });

const SCRIPT = path.join('examples', 'consume_changes.py');
const hasPsycopg = python(['-c', 'import psycopg']).status === 0;

/** Its statements, without Python. */
async function handleAsWritten(): Promise<string[]> {
  const { rows } = await store.pool.query<{ id: string; seq: number }>(
    `select * from kombo_sync.next_changes('python-example', 500)`,
  );
  if (rows.length > 0) {
    await store.pool.query(`select kombo_sync.advance('python-example', $1)`, [rows.at(-1)!.seq]);
  }
  return rows.map(({ id }) => id);
}

function handleInPython(): string[] {
  const { stdout, stderr, status } = python([SCRIPT, '--once']);
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  return stdout.split('\n').flatMap((line) => line.split(' ')[3] ?? []);
}

test(`the example in Python handles each change once (${hasPsycopg ? 'with psycopg' : 'its statements'})`, async () => {
  const handle = hasPsycopg ? handleInPython : handleAsWritten;
  await writeTags(store, [tag('a', 'x'), tag('b', 'x')]);
  expect(await handle()).toEqual(['a', 'b']);
  await writeTags(store, [tag('c', 'x')]);
  expect(await handle()).toEqual(['c']);
  expect(await handle()).toEqual([]);
});
