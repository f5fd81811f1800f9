import { pino } from 'pino';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { keepHistory } from '../../src/worker/history-keeper.ts';
import { createTestStore } from '../support/database.ts';
import { eventually } from '../support/poll.ts';

const store = await createTestStore();
const DAY_MS = 24 * 60 * 60_000;
const KEPT = {
  CHANGES_RETENTION: 30 * DAY_MS,
  CONSUMER_MAX_LAG: 30 * DAY_MS,
  HISTORY_RETENTION: 90 * DAY_MS,
};

beforeEach(async () => {
  await store.pool.query(`delete from kombo_sync.chores where name = 'history'`);
  await store.pool.query('delete from kombo_sync.unknown_models');
});

function keep(config = KEPT): { lines: string[] } {
  const lines: string[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) });
  const keeper = keepHistory({ store, config, log, lookEveryMs: 30 });
  onTestFinished(() => keeper.stop());
  return { lines };
}

/** A name that a webhook has named last so many days ago. */
async function named(id: string, days: number): Promise<void> {
  await store.pool.query(
    `insert into kombo_sync.unknown_models (name, times, first_seen_at, last_seen_at)
     values ($1, 1, now() - $2 * interval '1 day', now() - $2 * interval '1 day')`,
    [id, days],
  );
}

async function left(): Promise<string[]> {
  const { rows } = await store.pool.query<{ name: string }>(
    'select name from kombo_sync.unknown_models order by name',
  );
  return rows.map(({ name }) => name);
}

const doneAt = async () => {
  const { rows } = await store.pool.query<{ done_at: Date | null }>(
    `select done_at from kombo_sync.chores where name = 'history'`,
  );
  return rows[0]?.done_at?.getTime();
};

test('old history goes without any sync, and once an hour is often enough', async () => {
  await named('old', 91);
  await named('young', 89);
  keep();
  await eventually(async () => (await left()).join() === 'young');
  const done = await eventually(doneAt);
  await named('old', 91);
  keep();
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect([await doneAt(), await left()]).toEqual([done, ['old', 'young']]);
  await store.pool.query(`update kombo_sync.chores set done_at = now() - interval '61 minutes'`);
  await eventually(async () => (await left()).join() === 'young');
});

test('a worker that starts with a shorter retention applies it at once', async () => {
  await named('weeks old', 50);
  keep();
  await eventually(doneAt);
  expect(await left()).toContain('weeks old');
  keep({ ...KEPT, HISTORY_RETENTION: 40 * DAY_MS });
  await eventually(async () => !(await left()).includes('weeks old'));
});

test('what fails is said, and tried again', async () => {
  await store.pool.query('alter table kombo_sync.unknown_models rename to hidden');
  onTestFinished(async () => {
    await store.pool.query('alter table if exists kombo_sync.hidden rename to unknown_models');
  });
  const { lines } = keep();
  await eventually(() => lines.some((line) => line.includes('Old history could not be removed')));
  await store.pool.query('alter table kombo_sync.hidden rename to unknown_models');
  await store.pool.query(`update kombo_sync.chores set held_until = now() - interval '1 second'`);
  expect(await eventually(doneAt)).toBeGreaterThan(0);
});
