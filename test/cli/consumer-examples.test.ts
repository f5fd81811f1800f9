import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { read } from '../docs/markdown.ts';
import { ask, PLAIN, write } from '../store/support.ts';
import { createTestStore } from '../support/database.ts';
import { startScript } from './spawn.ts';

const store = await createTestStore();
const env = { DATABASE_URL: store.url, NODE_OPTIONS: '--conditions=kombo-sync-source' };
const employee = (id: string, name: string, more: Record<string, unknown> = {}) => ({
  id,
  display_full_name: name,
  work_email: `${id}@example.com`,
  ...more,
});
const hire = async (...employees: Record<string, unknown>[]) => {
  await write(store, 'personio:examples', '/hris/employees', employees, await ask(store), PLAIN);
};

test('the mirror begins with the employees there are, and follows changes and deletions', async () => {
  await hire(employee('a', 'Ada'), employee('b', 'Ben'));
  const running = startScript('examples/mirror.ts', [], env);
  await running.printed('Mirrored 2 changes');
  await hire(employee('a', 'Ada L.'), employee('b', 'Ben', { remote_deleted_at: '2026-01-01T00:00:00Z' }));
  await expect
    .poll(async () => (await store.pool.query('select id, name from app.people')).rows, { timeout: 20_000 })
    .toEqual([{ id: 'a', name: 'Ada L.' }]);
  running.kill('SIGTERM');
  expect(await running.finished).toMatchObject({ code: 0, stderr: '' });
});

test('the index finds the candidates there are, follows changes, and forgets who is deleted', async () => {
  const apply = async (...candidates: Record<string, unknown>[]) => {
    await write(store, 'lever:examples', '/ats/candidates', candidates, await ask(store), PLAIN);
  };
  const find = async (words: string) =>
    (await startScript('examples/search-index.ts', [words], env).finished).stdout
      .split('\n')
      .flatMap((line) => (line === '' ? [] : [line.split('  ')[0]]));
  await apply(
    { id: 'a', first_name: 'Ada', last_name: 'Lovelace', title: 'Engineer', location: { city: 'Berlin' } },
    { id: 'b', first_name: 'Ben', last_name: 'Berlin', title: 'Engineer' },
  );
  const running = startScript('examples/search-index.ts', [], env);
  await running.printed('Indexed 2 changes');
  expect(await find('berlin engineer')).toEqual(['Ben Berlin', 'Ada Lovelace']);
  await apply(
    { id: 'a', first_name: 'Ada', last_name: 'King', title: 'Engineer', location: { city: 'Berlin' } },
    { id: 'b', first_name: 'Ben', last_name: 'Berlin', remote_deleted_at: '2026-01-01T00:00:00Z' },
  );
  await expect.poll(() => find('berlin'), { timeout: 20_000 }).toEqual(['Ada King']);
  running.kill('SIGTERM');
  expect(await running.finished).toMatchObject({ code: 0, stderr: '' });
});

test('the examples for consumers stay below 60 lines', () => {
  for (const name of ['mirror', 'search-index', 'new-hires-to-slack', 'changes-workflow', 'changes-worker']) {
    expect(read(`examples/${name}.ts`).trimEnd().split('\n').length, name).toBeLessThan(60);
  }
});

test('new hires are posted, also after Slack was away, and a message that it refuses holds nothing up', async () => {
  const posted: string[] = [];
  let isAway = true;
  const slack = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      response.statusCode = isAway ? 503 : body.includes('Refused') ? 400 : 200;
      if (response.statusCode === 200) posted.push((JSON.parse(body) as { text: string }).text);
      isAway = false;
      response.end();
    });
  });
  await new Promise<void>((resolve) => slack.listen(0, '127.0.0.1', resolve));
  const SLACK_URL = `http://127.0.0.1:${(slack.address() as AddressInfo).port}`;
  const running = startScript('examples/new-hires-to-slack.ts', [], { ...env, SLACK_URL });
  await expect
    .poll(
      async () =>
        (await store.pool.query(`select from kombo_sync.consumers where name like 'new-hires%'`)).rowCount,
      {
        timeout: 20_000,
      },
    )
    .toBe(1);
  await hire(employee('c', 'Cleo'), employee('d', 'Refused'), employee('e', 'Eve'));
  await hire(employee('c', 'Cleo C.'));
  await expect
    .poll(() => posted, { timeout: 20_000 })
    .toEqual([expect.stringMatching(/^Cleo/) as string, 'Eve has joined personio:examples']);
  running.kill('SIGTERM');
  expect((await running.finished).code).toBe(0);
  slack.close();
  const { rows } = await store.pool.query('select id, error from kombo_sync.consumer_failures');
  expect(rows).toEqual([{ id: 'd', error: 'Slack refuses the message: 400' }]);
});
