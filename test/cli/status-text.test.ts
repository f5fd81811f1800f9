import { expect, test } from 'vitest';
import { nextTry } from '../../src/cli/life-text.ts';
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

test('the moment of a next try that is past is not shown, since no timer waits for it', () => {
  const now = new Date('2026-03-01T12:00:00Z');
  expect(nextTry(new Date('2026-03-01T12:05:00Z'), now)).toBe('in 5 min');
  for (const at of [null, now, new Date('2026-03-01T11:00:00Z')])
    expect(nextTry(at, now)).toBe('with the next sync');
});
