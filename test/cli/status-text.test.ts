import { expect, test } from 'vitest';
import { statusOneText } from '../../src/cli/status-one-text.ts';
import { owe } from '../../src/store/endpoint-states.ts';
import { saveIntegration } from '../../src/store/integrations.ts';
import { findOverview } from '../../src/store/overview.ts';
import { endpointStatuses } from '../../src/store/status.ts';
import { createTestStore } from '../support/database.ts';

test('a status says when what is owed is read, also of an endpoint that the tool does not offer just now', async () => {
  const store = await createTestStore();
  const id = 'demo:1';
  await saveIntegration(store, { id, tool: 'demo', category: 'ATS', unavailableModels: ['ats_jobs'] });
  await owe(store, id, ['/ats/jobs', '/ats/offers'], 'delta');
  const text = statusOneText({
    integration: (await findOverview(store, id))!,
    endpoints: await endpointStatuses(store, id),
    running: [],
    nextFullSync: null,
    temporalUrl: null,
    temporalAnswers: false,
  });
  expect(text).toMatch(/^\/ats\/jobs .* a delta pass is due once the tool offers it$/m);
  expect(text).toMatch(/^\/ats\/offers .* a delta pass is due with the next sync$/m);
});
