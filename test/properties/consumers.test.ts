import fc from 'fast-check';
import { expect, test } from 'vitest';
import { defined } from '../../src/domain/defined.ts';
import { createTestStore } from '../support/database.ts';
import { ConsumerPlayer, prepareEffects, type ConsumerHistory, type Step } from './consumer-history.ts';
import { KEPT_CONSUMERS } from './kept-consumers.ts';

const RUNS = Number(process.env['FC_RUNS'] ?? 40);
const SECONDS = Number(process.env['FC_SECONDS'] ?? 9);
const SEED = process.env['FC_SEED'];
const PATH = process.env['FC_PATH'];

const store = await createTestStore();
await prepareEffects(store);
let played = 0;

const CONSUMER = fc.nat({ max: 2 });
const TABLE = fc.constantFrom('ats_tags' as const, 'ats_rejection_reasons' as const);
const STEP: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant('write' as const),
      writer: fc.nat({ max: 2 }),
      table: TABLE,
      ids: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'), { minLength: 1 }),
      isDeleted: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
      ms: fc.constantFrom(0, 0, 5, 30, 150),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('start' as const),
      consumer: CONSUMER,
      fails: fc.uniqueArray(fc.integer({ min: 1, max: 9 }), { maxLength: 2 }),
      ms: fc.constantFrom(0, 0, 5, 30),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('end', 'cut', 'cut', 'crash', 'expire', 'expire'),
      consumer: CONSUMER,
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 10, 40) }) },
);

const HISTORY: fc.Arbitrary<ConsumerHistory> = fc.record({
  consumers: fc.array(
    fc.record({
      from: fc.constantFrom('beginning' as const, 0 as const),
      tables: fc.constantFrom(null, ['ats_tags' as const], ['ats_rejection_reasons' as const]),
      batch: fc.constantFrom(1, 3, 500),
    }),
    { minLength: 3, maxLength: 3 },
  ),
  steps: fc.array(STEP, { minLength: 20, maxLength: 60, size: 'max' }),
});

/** Each history has the tables to itself. */
const forgetAll = () =>
  store.pool.query(
    `truncate mine.effects, mine.registered, kombo_sync.consumers, kombo_sync.changes, kombo.ats_tags,
       kombo.ats_rejection_reasons cascade`,
  );

interface Effect {
  seq: number;
  table: string;
  key: string;
  name: string;
  isLive: boolean;
  arrivedSeq: number;
}

const KEY = `table_name || ' ' || integration_id || ' ' || id as key`;

/** In the order in which they were written. */
async function effectsOf(name: string): Promise<Effect[]> {
  const { rows } = await store.pool.query<Effect>(
    `select seq::int, table_name as "table", ${KEY}, name, is_live as "isLive", arrived_seq::int as "arrivedSeq"
     from mine.effects where consumer = $1 order by row_seq`,
    [name],
  );
  return rows;
}

async function feedAfter(
  seq: number,
  tables: readonly string[] | null,
): Promise<{ seq: number; key: string }[]> {
  const { rows } = await store.pool.query<{ seq: number; key: string }>(
    `select seq::int, ${KEY} from kombo_sync.changes
     where seq > $1 and ($2::text[] is null or table_name = any($2)) order by seq`,
    [seq, tables],
  );
  return rows;
}

/** The names of the live rows. */
async function copyOf(tables: readonly string[]): Promise<Map<string, string>> {
  const copy = new Map<string, string>();
  for (const table of tables) {
    const { rows } = await store.pool.query<{ key: string; name: string }>(
      `select $1 || ' ' || integration_id || ' ' || id as key, name from kombo.${table} where deleted_at is null`,
      [table],
    );
    for (const { key, name } of rows) copy.set(key, name);
  }
  return copy;
}

test(
  'in random histories of writers, crashes, cut connections and overlaps, each change counts exactly once and in order',
  { timeout: 120_000 },
  async () => {
    const deadline = performance.now() + SECONDS * 1_000;
    await fc.assert(
      fc.asyncProperty(HISTORY, async (history) => {
        if (performance.now() > deadline) return;
        await forgetAll();
        const player = new ConsumerPlayer(store, `run${(played += 1)}`, history);
        await player.play();
        for (const [index, { from, tables }] of history.consumers.entries()) {
          const effects = await effectsOf(player.nameOf(index));
          const start = player.startOf(index);
          const copied = from === 'beginning' ? effects.filter(({ seq }) => seq === start) : [];
          const followed = effects.slice(copied.length);
          expect(followed.map(({ seq, key }) => ({ seq, key }))).toEqual(await feedAfter(start, tables));
          expect(copied.map(({ key }) => key)).toEqual([...new Set(copied.map(({ key }) => key))]);
          const last = new Map<string, Effect>();
          for (const effect of effects) {
            expect(effect.arrivedSeq).toBeGreaterThanOrEqual(last.get(effect.key)?.arrivedSeq ?? 0);
            last.set(effect.key, effect);
          }
          const live = [...last.values()]
            .filter(({ isLive }) => isLive)
            .map(({ key, name }) => [key, name] as const);
          const copy = await copyOf(tables ?? ['ats_tags', 'ats_rejection_reasons']);
          expect(Object.fromEntries(live)).toEqual(Object.fromEntries(copy));
        }
      }),
      {
        numRuns: RUNS,
        // What happens at the same time differs in each run, so a smaller history may pass by luck.
        endOnFailure: true,
        examples: KEPT_CONSUMERS.map((history) => [history]),
        ...defined({ seed: SEED ? Number(SEED) : undefined, path: PATH }),
      },
    );
    expect(played).toBeGreaterThan(KEPT_CONSUMERS.length);
  },
);
