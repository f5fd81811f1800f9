import { beforeAll, expect, test } from 'vitest';
import { API_KEY, createSystem, type System } from '../e2e/setup.ts';
import { ADMIN_TOKEN, recordingLog } from './support.ts';

/* The admin API with a worker and the sandbox. */
let system: System;
let url: string;
let logged: () => string;
beforeAll(async () => {
  // With this debounce, a signal alone starts no sync during the test.
  system = await createSystem({ ADMIN_TOKEN, DEBOUNCE_QUIET: '2m', DEBOUNCE_MAX_WAIT: '5m' });
  const { log, text } = recordingLog();
  logged = text;
  ({ url } = await system.server({ log }));
  await system.worker();
});

interface Started {
  workflowId: string;
  runId: string;
  alreadyRunning: boolean;
}

/** Fields of the answers of these routes. */
interface Body extends Started {
  sync: Started;
  syncs: object[];
}

async function call(method: string, path: string, body?: object): Promise<{ status: number; body: Body }> {
  const response = await fetch(`${url}/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${ADMIN_TOKEN}`,
      ...(body ? { 'content-type': 'application/json' } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  return { status: response.status, body: (await response.json()) as Body };
}

const resultOf = async ({ workflowId, runId }: Started) =>
  (await system.temporal.client.workflow.getHandle(workflowId, runId).result()) as { status: string };

test(
  'an integration is added, read, read again, paused, resumed and removed',
  { timeout: 120_000 },
  async () => {
    const { control, store } = system;
    const id = system.integration();
    const added = await call('POST', '/integrations', { id });
    expect(added).toMatchObject({ status: 201, body: { new: true, sync: { alreadyRunning: false } } });
    expect(await resultOf(added.body.sync)).toMatchObject({ status: 'completed' });
    expect(await countUsers(id)).toBe(20);

    control.create(id, 'lms_users', { count: 3 });
    const now = await call('POST', `/integrations/${id}/sync`, { models: ['lms_users'] });
    expect(now).toMatchObject({ status: 202, body: { workflowId: `sync/${id}`, alreadyRunning: false } });
    expect(await resultOf(now.body)).toMatchObject({ status: 'completed' });
    expect(await countUsers(id)).toBe(23);

    const syncs = await call('GET', `/integrations/${id}/syncs`);
    expect(syncs.body.syncs).toMatchObject([
      { trigger: 'manual', kind: 'delta', status: 'completed' },
      { trigger: 'initial', kind: 'full', status: 'completed' },
    ]);

    expect(await call('POST', `/integrations/${id}/pause`, { reason: 'a reason' })).toMatchObject({
      status: 200,
    });
    const resumed = await call('POST', `/integrations/${id}/resume`);
    expect(resumed).toMatchObject({ status: 200, body: { resumed: true } });
    // The sync of the resume waits for its debounce. This one does not wait, and joins it.
    const joined = await call('POST', `/integrations/${id}/sync`);
    expect(joined.body).toEqual({ ...resumed.body.sync, alreadyRunning: true });
    expect(await resultOf(joined.body)).toMatchObject({ status: 'completed' });

    expect(await call('DELETE', `/integrations/${id}?erase=true`)).toMatchObject({ status: 200 });
    await expect.poll(() => countUsers(id), { timeout: 30_000 }).toBe(0);
    for (const secret of [ADMIN_TOKEN, API_KEY]) expect(logged()).not.toContain(secret);

    async function countUsers(integrationId: string): Promise<number> {
      const { rows } = await store.pool.query<{ count: number }>(
        'select count(*)::int as count from kombo.lms_users where integration_id = $1',
        [integrationId],
      );
      return rows[0]!.count;
    }
  },
);
