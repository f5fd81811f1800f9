import { beforeAll, describe, expect, test } from 'vitest';
import { pino } from 'pino';
import { setup, setupProblems } from '../../src/operations/setup.ts';
import { addIntegration } from '../../src/operations/integrations.ts';
import { syncWorkflowId } from '../../src/domain/names.ts';
import { listOpenRuns } from '../../src/temporal/open-runs.ts';
import { nextFullSyncs } from '../../src/temporal/schedule-state.ts';
import { requestSyncNow, startFullSync } from '../../src/temporal/start.ts';
import { noPlaceLeft, testNamespace, TYPE } from '../support/namespace.ts';
import { eventually } from '../support/poll.ts';
import { createSystem } from './setup.ts';

const log = pino({ level: 'silent' });

describe.each([
  ['has no place left for search attributes', { ...noPlaceLeft(1), KomboModels: TYPE.KeywordList }],
  [
    'has search attributes with other types',
    { KomboIntegrationId: TYPE.Int, KomboTool: TYPE.Text, KomboCategory: TYPE.Int, KomboModels: TYPE.Int },
  ],
])('in a namespace that %s', (_name, attributes) => {
  let system: Awaited<ReturnType<typeof createSystem>>;
  let id: string;
  beforeAll(async () => {
    await testNamespace(attributes);
    system = await createSystem();
    await system.worker();
    await system.server();
    id = system.integration();
  }, 60_000);

  test('setup does what it can, and says what is missing', async () => {
    const { config, store, temporal } = system;
    const done = await setup({ config, store, temporal, log });
    expect(done.failed).toEqual([]);
    expect(done.unusable.length).toBeGreaterThan(2);
    const text = setupProblems(done).join('\n');
    expect(text).toContain('Syncs still run');
    for (const { name, found, needed } of done.unusable) {
      expect(text).toContain(
        found === null ? `${name} (${needed})` : `${name} has the type ${found} and needs ${needed}`,
      );
    }
    if (done.unusable.some(({ found }) => found === null))
      expect(text).toMatch(/not there: .*cannot have more/);
  });

  test('webhooks, schedules, syncs by hand and their lists work without labels', async () => {
    const { temporal, config } = system;
    await system.firstSync(id);
    expect(await system.differences(id)).toEqual([]);
    const { client } = temporal;
    expect((await addIntegration(system.operator, id, { sync: false })).schedules).toBe('unchanged');
    expect(await eventually(async () => (await nextFullSyncs(client, [id])).get(id))).toMatchObject({
      paused: false,
    });
    const { workflowId } = await requestSyncNow(client, config, { integrationId: id });
    expect(workflowId).toBe(syncWorkflowId(id));
    await system.settled(id);
    const delayed = await startFullSync(client, config, { integrationId: id, startDelayMs: 60_000 });
    const runs = await eventually(async () => {
      const found = await listOpenRuns(client, id);
      return found.length > 0 && found;
    });
    expect(runs).toMatchObject([{ workflowId: delayed.handle.workflowId, type: 'fullSync' }]);
    expect(await listOpenRuns(client, id.slice(0, -1))).toEqual([]);
    await delayed.handle.terminate();
    const full = await startFullSync(client, config, { integrationId: id });
    expect(await full.handle.result()).toMatchObject({ status: 'completed' });
  }, 60_000);
});
