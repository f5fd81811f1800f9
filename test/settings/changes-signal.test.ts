import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { complaint } from './complaint.ts';

test('CHANGES_SIGNAL names a workflow type and its task queue', () => {
  expect(loadConfig({}).CHANGES_SIGNAL).toBeUndefined();
  expect(loadConfig({ CHANGES_SIGNAL: 'onChanges@my-queue' }).CHANGES_SIGNAL).toEqual({
    type: 'onChanges',
    taskQueue: 'my-queue',
  });
  expect(loadConfig({ CHANGES_SIGNAL: 'onChanges@team@host' }).CHANGES_SIGNAL?.taskQueue).toBe('team@host');
});

test.each([
  'onChanges',
  'onChanges@',
  '@my-queue',
  'on changes@my-queue',
  'onChanges@my\u0000queue',
  `${'x'.repeat(201)}@q`,
])('CHANGES_SIGNAL refuses %j with an example', (text) => {
  expect(complaint({ CHANGES_SIGNAL: text })).toBe(
    'CHANGES_SIGNAL is not a workflow type, @ and its task queue, for example onChanges@my-queue.',
  );
});

test.each([
  [{}, 'kombo-sync'],
  [{}, 'kombo-sync-full'],
  [{ TASK_QUEUE: 'ours' }, 'ours'],
])('CHANGES_SIGNAL refuses the task queues that kombo-sync itself polls (%j, %s)', (env, queue) => {
  expect(complaint({ ...env, CHANGES_SIGNAL: `onChanges@${queue}` })).toContain(
    `names the task queue ${queue}, which kombo-sync itself polls; name the one that your own worker polls`,
  );
});
