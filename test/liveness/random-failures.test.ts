import { afterAll, describe, expect, inject, test } from 'vitest';
import { createTestStore } from '../support/database.ts';
import { testTemporal } from '../support/temporal.ts';
import { makePlan } from './plan.ts';
import { play } from './player.ts';
import { brokenPromises, explain } from './report.ts';
import { openWorld } from './world.ts';

/*
 * Random failures of random parts, on real servers and with workers in processes of their own. A plan follows from its seed:
 *
 *   LIVE_SEED=4711 npx vitest run test/liveness          plays one again
 *   LIVE_RUNS=20 LIVE_SECONDS=90 npx vitest run test/liveness      looks harder
 *
 * LIVE_LOGS names a folder for the logs of workers. scripts/soak.ts plays for minutes or hours.
 */
const RUNS = Number(process.env['LIVE_RUNS'] ?? 1);
const SECONDS = Number(process.env['LIVE_SECONDS'] ?? 32);
const SEED = Number(process.env['LIVE_SEED'] ?? Date.now() % 1_000_000);

const store = await createTestStore();
const world = await openWorld({
  store,
  databaseUrl: store.url,
  temporal: await testTemporal(),
  temporalAddress: inject('temporalAddress'),
  emptyFolder: inject('emptyFolder'),
});
afterAll(() => world.close());

describe('random failures', () => {
  test.for(Array.from({ length: RUNS }, (_, run) => SEED + run))(
    '(I25) (I26) (I27) healthy parts are read in time, failures are visible, and everything is read once they end (seed %i)',
    { timeout: (SECONDS + 240) * 1000 },
    async (seed) => {
      const played = await play(world, makePlan(seed, SECONDS));
      expect(brokenPromises(played), explain(played, world.workers.log)).toEqual([]);
      expect(played.told.length).toBeGreaterThan(0);
      expect(played.met).toBeGreaterThan(0);
    },
  );
});
