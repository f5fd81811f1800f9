import { expect, test } from 'vitest';
import { createTestStore } from '../support/database.ts';
import { caughtUp, consume, consumerRow, newName, tag, writeTags } from './support.ts';

const store = await createTestStore();

test('(I34) from the beginning comes every live row and then the feed, also while others write, with nothing older after newer', async () => {
  const ids = Array.from({ length: 300 }, (_, index) => `r${String(index).padStart(3, '0')}`);
  await writeTags(
    store,
    ids.map((id) => tag(id, '0')),
  );
  await writeTags(store, [tag('dead', '0', { remote_deleted_at: '2026-01-01T00:00:00Z' })]);
  let round = 0;
  const running = consume(store, {
    from: 'beginning',
    batch: 20,
    // Every batch of the first part meets writes before and behind it.
    async handle() {
      if (round >= 25) return;
      round += 1;
      await writeTags(
        store,
        [
          ...ids.filter((_, index) => index % 7 === round % 7).map((id) => tag(id, String(round))),
          tag(`new ${round}`, String(round)),
        ],
        round % 2 ? undefined : 'personio:other',
      );
    },
  });
  await caughtUp(store, running.name);
  await running.stop();
  const copies = running.seen.filter(({ op, id }) => op === 'created' && ids.includes(id));
  expect(new Set(copies.map(({ id }) => id)).size).toBe(300);
  expect(running.seen.map(({ id }) => id)).not.toContain('dead');
  const newest = new Map<string, number>();
  for (const { integrationId, id, row } of running.seen) {
    const key = `${integrationId} ${id}`;
    const version = Number((row as { name: string }).name);
    expect(version).toBeGreaterThanOrEqual(newest.get(key) ?? 0);
    newest.set(key, version);
  }
  const { rows } = await store.pool.query<{ key: string; name: string }>(
    `select integration_id || ' ' || id as key, name from kombo.ats_tags where deleted_at is null`,
  );
  expect(Object.fromEntries(newest)).toEqual(
    Object.fromEntries(rows.map(({ key, name }) => [key, Number(name)])),
  );
});

test('(I34) restarted in the middle of the first part it continues there', async () => {
  const name = newName();
  let batches = 0;
  const first = consume(store, {
    consumer: name,
    from: 'beginning',
    batch: 50,
    handle() {
      batches += 1;
      if (batches === 3) throw new Error('enough');
    },
    onError: () => 'stop',
  });
  // The failing change is looked for alone; stop as soon as two batches are done.
  await first.stop().catch(() => {});
  const between = await consumerRow(store, name);
  const second = consume(store, { consumer: name, from: 'beginning', batch: 50 });
  await caughtUp(store, name);
  await second.stop();
  const { rows } = await store.pool.query<{ count: number }>(
    'select count(*)::int as count from kombo.ats_tags where deleted_at is null',
  );
  const keys = [...first.seen, ...second.seen].map(({ integrationId, id }) => `${integrationId} ${id}`);
  expect(between).toBeDefined();
  expect(new Set(keys).size).toBe(rows[0]!.count);
  expect(keys).toHaveLength(rows[0]!.count);
});
