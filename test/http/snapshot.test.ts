import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { createSnapshotReader } from '../../src/http/monitoring/snapshot.ts';
import { saveIntegration } from '../../src/store/state/integrations.ts';
import { createTestStore, type TestStore } from '../support/database.ts';
import { eventually } from '../support/poll.ts';
import { storeThatIsDown, testConfig } from './support.ts';

let store: TestStore;
beforeAll(async () => {
  store = await createTestStore();
});

const active = (snapshot: { integrations: Map<string, number> } | undefined) =>
  snapshot?.integrations.get('active');

/** Locks the integrations against reading until the returned function is called. */
async function hold(): Promise<() => Promise<void>> {
  const client = await store.pool.connect();
  await client.query('begin');
  await client.query('lock table kombo_sync.integrations in access exclusive mode');
  let held = true;
  const release = async () => {
    if (!held) return;
    held = false;
    await client.query('rollback');
    client.release();
  };
  onTestFinished(release);
  return release;
}

let tools = 0;
const addOne = () => {
  tools += 1;
  return saveIntegration(store, { id: `personio:${tools}`, tool: 'personio', category: 'HRIS' });
};

test('a snapshot is kept for a while, then read again', async () => {
  const read = createSnapshotReader({ config: testConfig(), store }, { maxAgeMs: 200, rest: 0 });
  const before = active(await read())!;
  await addOne();
  expect(active(await read())).toBe(before);
  await eventually(async () => active(await read()) === before + 1);
});

test('a snapshot that took long to read is kept for longer', async () => {
  const read = createSnapshotReader({ config: testConfig(), store }, { maxAgeMs: 0, rest: 10_000 });
  const release = await hold();
  const first = read();
  setTimeout(() => void release(), 100);
  const before = active(await first)!;
  await addOne();
  expect(active(await read())).toBe(before);
});

test('while a new snapshot takes too long, the last one is used until it is too old', async () => {
  const options = { maxAgeMs: 0, rest: 0, timeoutMs: 50 };
  const read = createSnapshotReader({ config: testConfig(), store }, { ...options, lateMs: 60_000 });
  const strict = createSnapshotReader({ config: testConfig(), store }, { ...options, lateMs: 0 });
  const before = await eventually(async () => active(await read()));
  await eventually(async () => active(await strict()));
  const release = await hold();
  expect(active(await read())).toBe(before);
  expect(await strict()).toBeUndefined();
  await release();
  await addOne();
  await eventually(async () => active(await read()) === before + 1);
});

test('there is no snapshot during an outage, and a new one as soon as Postgres answers', async () => {
  const down = { config: testConfig(), store: storeThatIsDown() };
  const read = createSnapshotReader(down, { maxAgeMs: 0 });
  expect(await read()).toBeUndefined();
  down.store = store;
  expect(await read()).toBeDefined();
});
