import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { addIntegration } from '../../src/operations/integrations.ts';
import { cutoverReport } from '../../src/operations/cutover.ts';
import { fullSync } from '../../src/operations/syncs.ts';
import { findOverview } from '../../src/store/reports/overview.ts';
import { catchUpScheduleId } from '../../src/domain/names.ts';
import type { SyncResult } from '../../src/domain/sync.ts';
import { eventually } from '../support/poll.ts';
import { createSystem } from './setup.ts';

const CHOSEN = ['/hris/employees', '/hris/groups'];
const ABSENCES = '/hris/absences';

test('(I30) MODELS limits every kind of sync; a model that a later worker adds is read in full', async () => {
  const system = await createSystem({ MODELS: 'hris_employees,hris_groups', CATCH_UP_INTERVAL: '1h' });
  const { control, operator, store, temporal } = system;
  await system.server();
  const worker = await system.worker();
  const records = { hris_employees: 6, hris_groups: 3, hris_absences: 4, hris_locations: 2 };
  const id = system.integration({ category: 'HRIS', records });
  const result = ({ workflowId, runId }: { workflowId: string; runId: string }) =>
    temporal.client.workflow.getHandle(workflowId, runId).result() as Promise<SyncResult>;
  const asked = () => [...new Set(system.reads(id))].sort();

  const first = await addIntegration(operator, id, { sync: true });
  expect(await result(first.sync!)).toMatchObject({
    status: 'completed',
    endpoints: { [ABSENCES]: { status: 'skipped', reason: { code: 'NOT_CHOSEN' } } },
  });
  await system.tell(id, ['hris_absences', 'hris_payslips']);
  expect(await system.settled(id)).toMatchObject({ counts: { pages: 0 }, unknownModels: [] });
  await system.tell(id, ['hris_absences', 'hris_teams']);
  await system.settled(id);
  const catchUp = temporal.client.schedule.getHandle(catchUpScheduleId(id));
  await catchUp.trigger();
  const { workflow } = await eventually(async () => (await catchUp.describe()).info.recentActions[0]?.action);
  const { endpoints, quiet } = (await temporal.client.workflow
    .getHandle(workflow.workflowId)
    .result()) as SyncResult;
  expect(quiet).toContain('/hris/employees');
  expect(endpoints).toMatchObject({ [ABSENCES]: { status: 'skipped' } });
  await result(await fullSync(operator, id, {}));
  expect(asked()).toEqual(CHOSEN);
  expect(await findOverview(store, id, system.config)).toMatchObject({ freshAsOf: expect.any(Date) as Date });
  const [judged] = (await cutoverReport(operator, { id })).integrations;
  expect(judged?.checks.find(({ name }) => name === 'full')).toMatchObject({
    verdict: 'ready',
    message: expect.stringMatching(
      /^Each of 2 endpoints was read in full. Not chosen, so not read: /,
    ) as string,
  });

  await worker.stop();
  const config = loadConfig({ ...system.environment, MODELS: 'hris_employees,hris_groups,hris_absences' });
  await system.worker({ config });
  await system.tell(id, ['hris_groups']);
  expect(await system.settled(id)).toMatchObject({
    endpoints: { [ABSENCES]: { kind: 'full', status: 'completed', counts: { created: 4 } } },
  });
  expect(asked()).toEqual([ABSENCES, ...CHOSEN]);
  expect(await findOverview(store, id, config)).toMatchObject({ failedEndpoints: [] });
  control.clearRequests();
});
