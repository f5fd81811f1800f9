import { pino } from 'pino';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { ALL_MODELS } from '../../src/domain/choice.ts';
import { saveIntegration } from '../../src/store/state/integrations.ts';
import { park } from '../../src/store/state/life.ts';
import { startHousekeeping, type HousekeepingDeps } from '../../src/worker/housekeeping.ts';
import { open } from '../store/support.ts';
import { createTestStore } from '../support/database.ts';
import { eventually } from '../support/poll.ts';
import { testTemporal, uniqueIntegrationId } from '../support/temporal.ts';

const store = await createTestStore();
const { client } = await testTemporal();
let ids: string[];

beforeEach(async () => {
  ids = [uniqueIntegrationId(), uniqueIntegrationId()];
  for (const id of ids) await saveIntegration(store, { id, tool: 'bombohr', category: 'LMS' });
  // Otherwise Temporal must be told about them first.
  await store.pool.query('update kombo_sync.integrations set temporal_due_at = null');
});

function keepHouse(overrides: Partial<HousekeepingDeps> = {}): void {
  const house = startHousekeeping({
    store,
    client,
    settle: () => Promise.resolve(),
    wake: () => Promise.resolve(),
    settings: ALL_MODELS,
    eraseDeletedAfterMs: null,
    notifyChanges: () => {},
    log: pino({ level: 'silent' }),
    everyMs: 50,
    ...overrides,
  });
  onTestFinished(() => house.stop());
}

test('(I28) a sync that cannot be woken does not keep others from being woken in the same round', async () => {
  for (const id of ids) {
    await park(store, id, { code: 'INVALID', message: 'm', needsAttention: false, retryInMs: 0 });
  }
  await store.pool.query(
    `update kombo_sync.integrations set temporal_due_at = null, retry_at = now() - interval '5 minutes'`,
  );
  const woken: string[] = [];
  keepHouse({
    wake: (id) => {
      woken.push(id);
      return woken.length === 1 ? Promise.reject(new Error('14 UNAVAILABLE')) : Promise.resolve();
    },
  });
  await eventually(() => woken.length === 2);
  expect(woken.toSorted()).toEqual(ids.toSorted());
});

test('(I18) a pass whose run Temporal cannot find does not keep others from being ended', async () => {
  const [odd, lost] = [
    await open(store, ids[0]!, '/lms/users', 'full'),
    await open(store, ids[1]!, '/lms/users', 'full'),
  ];
  await store.pool.query(
    `update kombo_sync.passes set active_at = now() - interval '1 hour', workflow_id = integration_id,
       run_id = case id when $1 then 'no id of a run' else gen_random_uuid()::text end`,
    [odd.id],
  );
  keepHouse();
  const states = async () => {
    const { rows } = await store.pool.query<{ id: number; state: string }>(
      'select id, state from kombo_sync.passes',
    );
    return new Map(rows.map(({ id, state }) => [id, state]));
  };
  await eventually(async () => (await states()).get(lost.id) === 'abandoned');
  expect((await states()).get(odd.id)).toBe('running');
});
