import { defined } from '../../src/domain/defined.ts';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { createClockedStore, type ClockedStore } from '../support/clocked-store.ts';
import { wrongCounts } from '../support/row-counts.ts';
import { KEPT } from './kept-histories.ts';
import { Player } from './history.ts';
import type { KomboModel } from './kombo-model.ts';
import type { Row } from './promises.ts';
import type { History, Step } from './steps.ts';

const RUNS = Number(process.env['FC_RUNS'] ?? 300);
const SEED = process.env['FC_SEED'];
const PATH = process.env['FC_PATH'];

let store: ClockedStore;
let played = 0;

beforeAll(async () => {
  store = await createClockedStore();
  return () => store.close();
});

const PASS = fc.nat({ max: 3 });
const STEP: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('change' as const),
      id: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
      kind: fc.oneof(
        { weight: 6, arbitrary: fc.constant('own' as const) },
        {
          weight: 6,
          arbitrary: fc.constantFrom(
            'covered',
            'hidden',
            'tombstone',
            'emptied',
            'restored',
            'vanished',
            'moved',
            'rewound',
          ),
        },
      ),
      quiet: fc.boolean(),
      sameInstant: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('open', 'open', 'sync'),
      kind: fc.constantFrom('delta', 'delta', 'full'),
    }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('fetch' as const), pass: PASS }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('commit' as const), pass: PASS }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('sweep' as const), pass: PASS }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('abort', 'zombie', 'fail', 'refuse'), pass: PASS }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(5, 1500, 600_000) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('jump' as const),
      ms: fc.constantFrom(-5, -1500, -3_600_000, 3_600_000),
    }),
  },
);

const HISTORY: fc.Arbitrary<History> = fc.record({
  skewMs: fc.constantFrom(0, -90_000, -700, 700, 90_000),
  overlapMs: fc.constantFrom(0, 120_000),
  pageSize: fc.constantFrom(2, 3),
  eraseEmptied: fc.boolean(),
  lag: fc.boolean(),
  steps: fc.array(STEP, { maxLength: 70, size: 'max' }),
});

describe('convergence (I16, I7)', () => {
  test(
    `${RUNS} random histories end with the tables equal to Kombo, and no delta breaks its promise`,
    { timeout: 600_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(HISTORY, async (history) => {
          const integrationId = `bombohr:${++played}`;
          const player = new Player(store, integrationId, history);
          await player.play();
          await player.settle();
          const rows = await player.promises.rows();
          expectEqual(player.model, rows, history);
          expect(await liveByFeed(integrationId)).toEqual(
            [...rows.values()]
              .filter((row) => row.deleted_at === null)
              .map((row) => row.id)
              .sort(),
          );
          expect(await wrongCounts(store, integrationId)).toEqual([]);
          const again = await player.fullSync();
          expect(again).toMatchObject({ created: 0, updated: 0, deleted: 0, restored: 0, stale: 0 });
        }),
        {
          numRuns: RUNS,
          examples: KEPT.map((history) => [history]),
          ...defined({ seed: SEED ? Number(SEED) : undefined, path: PATH }),
        },
      );
    },
  );
});

function expectEqual(model: KomboModel, rows: Map<string, Row>, history: History): void {
  for (const id of model.ids()) {
    const body = model.current(id);
    const row = rows.get(id);
    if (!body) {
      expect(row === undefined || row.deleted_at !== null, `${id} is gone at Kombo`).toBe(true);
      continue;
    }
    const deletedAt = body['remote_deleted_at'] as string | null;
    expect(row?.deleted_at?.toISOString() ?? null, `deleted_at of ${id}`).toBe(deletedAt);
    const emptied = body['name'] === null;
    if (emptied && !history.eraseEmptied) continue;
    expect(row?.raw, `raw of ${id}`).toEqual(body);
    expect(row?.name, `name of ${id}`).toBe(body['name']);
    expect(row?.changed_at?.toISOString(), `changed_at of ${id}`).toBe(body['changed_at']);
  }
  expect([...rows.keys()].filter((id) => model.versions(id).length === 0)).toEqual([]);
}

/** Ids that live according to the change feed alone. */
async function liveByFeed(integrationId: string): Promise<string[]> {
  const { rows } = await store.pool.query<{ id: string; op: string }>(
    `select id, op from kombo_sync.changes where integration_id = $1 order by seq`,
    [integrationId],
  );
  const live = new Set<string>();
  for (const { id, op } of rows) {
    if (op === 'created' || op === 'restored') live.add(id);
    else if (op === 'deleted') live.delete(id);
    else expect.soft(op).toBe('updated');
  }
  return [...live].sort();
}
