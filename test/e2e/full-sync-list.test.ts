import { expect, onTestFinished, test, vi } from 'vitest';
import { catchUpScheduleId, fullSyncScheduleId } from '../../src/domain/names.ts';
import { saveIntegration } from '../../src/store/state/integrations.ts';
import { listFullSyncs, listSchedules } from '../../src/temporal/schedule-list.ts';
import { deleteSchedules, ensureSchedules } from '../../src/temporal/schedules.ts';
import { testConfig } from '../http/support.ts';
import { createTestStore } from '../support/database.ts';
import { eventually } from '../support/poll.ts';
import { testTemporal, uniqueIntegrationId } from '../support/temporal.ts';

const { client } = await testTemporal();
const store = await createTestStore();
const id = uniqueIntegrationId();

test('the server sends full syncs only, or all schedules if it cannot look for a prefix', async () => {
  onTestFinished(() => deleteSchedules(client, id));
  const saved = await saveIntegration(store, { id, tool: 'demo', category: 'LMS' });
  await ensureSchedules(client, testConfig(), saved);
  await eventually(async () => {
    const all = await listSchedules(client);
    return [fullSyncScheduleId(id), catchUpScheduleId(id)].every((one) => all.has(one));
  });
  const asked = vi.spyOn(client.workflowService, 'listSchedules');
  onTestFinished(() => asked.mockRestore());
  const listed = await listFullSyncs(client);
  expect(listed.get(id)).toMatchObject({ paused: false, nextRun: expect.any(Date) });
  const { schedules } = await asked.mock.results[0]!.value;
  const sent = schedules.map(({ scheduleId }: { scheduleId: string }) => scheduleId);
  expect(sent).toContain(fullSyncScheduleId(id));
  expect(sent).not.toContain(catchUpScheduleId(id));
  const refusal = Object.assign(new Error('invalid query'), {
    code: 3,
    details: 'invalid query',
    metadata: { get: () => [] },
  });
  asked.mockImplementationOnce(() => Promise.reject(refusal));
  expect((await listFullSyncs(client)).get(id)).toMatchObject({ paused: false });
});
