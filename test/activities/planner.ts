import { randomUUID } from 'node:crypto';
import { enabledEndpoints } from '../../src/domain/catalogue/index.ts';
import { createWorkbench, pass, run } from './setup.ts';

/** A workbench for tests of what is planned. */
export async function createPlanner() {
  const bench = await createWorkbench();
  const { planSync, recordFailures, syncEndpoint } = bench.activities();
  return {
    bench,
    planSync,
    recordFailures,
    syncEndpoint,
    /** Every endpoint has been read once, so that a plan holds what it was asked for and nothing else. */
    wholeIntegration: async (): Promise<string> => {
      const id = await bench.integration({ records: { ats_jobs: 3, ats_offers: 3 } });
      for (const { path } of enabledEndpoints('ATS')) await run(syncEndpoint, pass(id, { endpoint: path }));
      return id;
    },
    /** The plan of a delta. */
    delta: (integrationId: string, models: string[] | undefined, refresh = false) =>
      run(planSync, { integrationId, kind: 'delta', models, refresh, syncId: randomUUID() }),
  };
}
