import { expect, test } from 'vitest';
import { createTestStore } from '../support/database.ts';
import { caughtUp, consume, tag, writeTags } from '../consumer/support.ts';
import { runCommand } from './run-command.ts';
import { onlyDocument } from './spawn.ts';

const store = await createTestStore();
const env = { DATABASE_URL: store.url };
const consumers = (...args: string[]) => runCommand(['consumers', ...args], env);

test('consumers are listed, shown, moved, tried again and removed', async () => {
  expect((await consumers('list')).stdout).toContain('There is none.');
  await writeTags(store, [tag('a', 'x'), tag('b', 'x')]);
  let isMended = false;
  const running = consume(store, {
    consumer: 'search',
    handle({ changes }) {
      if (!isMended && changes.some(({ id }) => id === 'a')) throw new Error('cannot digest');
    },
    onError: ({ change }) => (change ? 'skip' : 'retry'),
  });
  await caughtUp(store, 'search');

  expect(onlyDocument((await consumers('list', '--json')).stdout)).toMatchObject({
    consumers: [
      {
        name: 'search',
        behind: 0,
        lagSeconds: 0,
        failures: 1,
        holder: expect.stringContaining(':') as string,
      },
    ],
  });
  expect((await consumers('show', 'search')).stdout).toMatch(/created +ats_tags .* a +1 +cannot digest/);

  isMended = true;
  expect((await consumers('retry', 'search')).stdout).toContain('takes up 1 change again');
  await expect.poll(() => running.seen.map(({ id }) => id), { timeout: 20_000 }).toEqual(['b', 'a']);

  expect((await consumers('reset', 'search', '--to', 'beginning')).code).toBe(0);
  await caughtUp(store, 'search');
  expect(running.seen.map(({ id }) => id).slice(2)).toEqual(['a', 'b']);

  expect((await consumers('remove', 'search')).code).toBe(0);
  await expect(running.ended).rejects.toMatchObject({ code: 'removed' });
});

test('what is not there ends with 3, what cannot be a position with 2', async () => {
  for (const args of [
    ['show', 'x'],
    ['reset', 'x', '--to', 'now'],
    ['remove', 'x'],
    ['retry', 'x'],
  ]) {
    expect(await consumers(...args)).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('consumers list') as string,
    });
  }
  expect((await consumers('reset', 'x', '--to', 'yesterday')).code).toBe(2);
});
