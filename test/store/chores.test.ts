import { beforeEach, expect, test } from 'vitest';
import { holdChore, letGo, noteDone, takeChore } from '../../src/store/state/chores.ts';
import { createTestStore } from '../support/database.ts';

const store = await createTestStore();
const chore = (by: string, version = '1') => ({ name: 'sweep the yard', version, everyMs: 60_000, by });
const later = (interval: string) =>
  store.pool.query(
    `update kombo_sync.chores set done_at = done_at - $1::interval, held_until = held_until - $1::interval`,
    [interval],
  );

beforeEach(() => store.pool.query('delete from kombo_sync.chores'));

test('one of those who want it gets it', async () => {
  const wanted = Array.from({ length: 8 }, (_, index) => takeChore(store, chore(`worker ${index}`)));
  expect((await Promise.all(wanted)).filter(Boolean)).toHaveLength(1);
});

test('what is done is due again when its time has come, or for another version', async () => {
  await noteDone(store, chore('a'));
  expect(await takeChore(store, chore('a'))).toBe(false);
  expect(await takeChore(store, chore('a', '2'), { anyVersion: true })).toBe(false);
  expect(await takeChore(store, chore('a', '2'))).toBe(true);
  await noteDone(store, chore('a', '2'));
  await later('61 seconds');
  expect(await takeChore(store, chore('b', '1'), { anyVersion: true })).toBe(true);
});

test('a process that dies holds it for two minutes, and one that lives for as long as it takes', async () => {
  expect(await takeChore(store, chore('dead'))).toBe(true);
  await later('119 seconds');
  expect(await takeChore(store, chore('b'))).toBe(false);
  expect(await holdChore(store, chore('dead'))).toBe(true);
  await later('119 seconds');
  expect(await takeChore(store, chore('b'))).toBe(false);
  await later('2 seconds');
  expect(await takeChore(store, chore('b'))).toBe(true);
  expect(await holdChore(store, chore('dead'))).toBe(false);
});

test('what has failed may be taken again in a minute', async () => {
  expect(await takeChore(store, chore('a'))).toBe(true);
  await letGo(store, chore('a'));
  expect(await takeChore(store, chore('b'))).toBe(false);
  await later('61 seconds');
  expect(await takeChore(store, chore('b'))).toBe(true);
});
