import { expect, test } from 'vitest';
import { checkModels } from '../../src/doctor/models.ts';
import { createMetrics } from '../../src/http/monitoring/metrics.ts';
import { createSnapshotReader } from '../../src/http/monitoring/snapshot.ts';
import { readNotices } from '../../src/store/reports/notices.ts';
import { listUnknownModels, noteUnknownModels } from '../../src/store/state/unknown-models.ts';
import { pageReader } from '../http/page-reader.ts';
import { testConfig } from '../http/support.ts';
import { createTestStore } from '../support/database.ts';
import { createWorkbench, run, start } from './setup.ts';

const NONE: ReadonlySet<string> = new Set();

test('unknown names from webhooks are stored with their number, and those that you type are not', async () => {
  const bench = await createWorkbench();
  const { startSync } = bench.activities();
  const id = await bench.integration();
  for (const by of ['webhook', 'webhook', 'operator'] as const) {
    await run(startSync, start(id, { by, models: ['ats_jobs', `ats_new_${by}`] }));
  }
  const kept = await listUnknownModels(bench.store, NONE);
  expect(kept).toMatchObject([{ name: 'ats_new_webhook', times: 2 }]);
  expect(kept[0]!.lastSeenAt.getTime()).toBeGreaterThan(kept[0]!.firstSeenAt.getTime());
});

test('unknown models are shown on the page, by doctor and in a metric, until a version knows them', async () => {
  const store = await createTestStore();
  expect(await checkModels(store)).toMatchObject({ status: 'ok' });
  await noteUnknownModels(store, ['hris_<b>', 'ats_jobs']);
  expect(await checkModels(store)).toMatchObject({
    status: 'warn',
    message: expect.stringMatching(/name 1 .*: hris_<b>/) as string,
  });
  expect(await readNotices(store)).toMatchObject({ unknownModels: ['hris_<b>'] });
  const { body } = await (await pageReader(store))('/');
  expect(body).toContain('<code>hris_&lt;b&gt;</code>');
  const snapshot = await createSnapshotReader({ config: testConfig(), store })();
  expect((await createMetrics().render(snapshot)).body).toContain('\nkombo_sync_unknown_models 1\n');
});

test('the number of unknown models is bounded, and those that are stored continue to count', async () => {
  const store = await createTestStore();
  await noteUnknownModels(
    store,
    Array.from({ length: 700 }, (_, index) => `name_${1_000 + index}`),
  );
  await noteUnknownModels(store, ['another', 'name_1000']);
  const kept = await listUnknownModels(store, NONE);
  expect(kept).toHaveLength(500);
  expect(kept[0]).toMatchObject({ name: 'name_1000', times: 2 });
});
