/**
 * Records one run of each shape on real servers into test/histories, where every test run replays them. Run it if a
 * change of workflow code breaks old runs on purpose. To record only some shapes, name them:
 *
 *   npx node scripts/record-histories.ts
 *   npx node scripts/record-histories.ts retried erased
 */
import { writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { WorkflowHandle } from '@temporalio/client';
import { eraseWorkflowId, issueWorkflowId, syncWorkflowId, WORKFLOW_TYPES } from '../src/domain/names.ts';
import type { Trigger } from '../src/domain/sync.ts';
import { requestSyncNow, signalChanges, startFullSync } from '../src/temporal/start.ts';
import { startNotification } from '../src/temporal/start-notification.ts';
import { signalIssue } from '../src/temporal/start-issue.ts';
import { DEFAULT_API_KEY } from '../sandbox/index.ts';
import { startService } from '../test/support/service.ts';

// With 0, a full read hands over after each page, as a long one does after minutes.
const { control, config, store, client, close } = await startService(
  {
    TASK_QUEUE: 'recorded',
    DEBOUNCE_MAX_WAIT: '5s',
    RETRY_INTERVAL: '2s',
    DELETED_RETENTION: '1s',
  },
  0,
);

/** Each shape has its own integration, named after it. */
const RECORD: Record<string, (integrationId: string) => Promise<WorkflowHandle>> = {
  'first-sync': async (id) => signalled(id, []),
  delta: async (id) => {
    await readOnce(id);
    control.update(id, 'lms_users', control.ids(id, 'lms_users', { limit: 3 }));
    return signalled(id, ['lms_users', 'lms_nonsense']);
  },
  'debounce-rearmed': async (id) => {
    await readOnce(id);
    await signalled(id, ['lms_users']);
    await delay(600);
    return signalled(id, ['lms_courses']);
  },
  /** The first webhook is read at once, and the one that follows waits for quiet. */
  leading: async (id) => {
    await readOnce(id);
    const leading = { ...config, DEBOUNCE_LEADING: true };
    const asked = { integrationId: id, trigger: 'webhook' } as const;
    await signalChanges(client, leading, { ...asked, models: ['lms_users'] });
    await delay(300);
    const { workflowId, runId } = await signalChanges(client, leading, { ...asked, models: ['lms_courses'] });
    return client.workflow.getHandle(workflowId, runId);
  },
  'sync-now': async (id) => {
    await readOnce(id);
    await requestSyncNow(client, config, { integrationId: id, models: ['lms_users'] });
    return client.workflow.getHandle(syncWorkflowId(id));
  },
  /** Kombo's answer to the look-up says that the integration cannot be read. */
  parked: async (id) => {
    await readOnce(id);
    control.setIntegration(id, { status: 'INVALID' });
    return told(id, 'state-changed');
  },
  'full-sync': async (id) => {
    await readOnce(id);
    control.vanish(id, 'lms_users', control.ids(id, 'lms_users', { limit: 2 }));
    const { handle } = await startFullSync(client, config, { integrationId: id });
    return handle;
  },
  'catch-up': async (id) => {
    await readOnce(id);
    return client.workflow.start(WORKFLOW_TYPES.integrationSync, {
      workflowId: `catch-up/${id}`,
      taskQueue: config.TASK_QUEUE,
      args: [{ integrationId: id, trigger: 'catch-up' satisfies Trigger, everything: true }],
    });
  },
  cancelled: async (id) => {
    await readOnce(id);
    control.addFault({ kind: 'stall', integration: id, endpoint: '/lms/users', ms: 3_000 });
    control.clearRequests();
    const handle = await signalled(id, ['lms_users']);
    while (control.requests({ integrationId: id, path: '/lms/users' }).length === 0) await delay(20);
    await handle.cancel();
    return handle;
  },
  /** An endpoint fails; the timer tries it again, and the try succeeds. */
  retried: async (id) => {
    await readOnce(id);
    control.addFault({ kind: 'repeat-cursor', integration: id, endpoint: '/lms/users' });
    control.update(id, 'lms_users', control.ids(id, 'lms_users', { limit: 300 }));
    return signalled(id, ['lms_users']);
  },
  /** A webhook arrives while a failed read waits for its next try. */
  'retry-interrupted': async (id) => {
    await readOnce(id);
    control.addFault({ kind: 'repeat-cursor', integration: id, endpoint: '/lms/users' });
    control.update(id, 'lms_users', control.ids(id, 'lms_users', { limit: 300 }));
    await signalled(id, ['lms_users']);
    await untilFailing(id);
    return signalled(id, ['lms_courses']);
  },
  /** A signal after a cancellation goes to the next run. This history is of the first run. */
  'cancelled-and-signalled': async (id) => {
    await readOnce(id);
    control.addFault({ kind: 'stall', integration: id, endpoint: '/lms/users', ms: 3_000 });
    control.clearRequests();
    const handle = await signalled(id, ['lms_users']);
    while (control.requests({ integrationId: id, path: '/lms/users' }).length === 0) await delay(20);
    await handle.cancel();
    await signalled(id, ['lms_courses']);
    return handle;
  },
  /** The sync reads an endpoint that a webhook names while another endpoint is slow. */
  beside: async (id) => {
    await readOnce(id);
    control.addFault({ kind: 'delay', integration: id, endpoint: '/lms/users', ms: 5_000 });
    control.clearRequests();
    await signalled(id, ['lms_users']);
    while (control.requests({ integrationId: id, path: '/lms/users' }).length === 0) await delay(20);
    return signalled(id, ['lms_courses']);
  },
  /** Kombo's limit is used up for a while. */
  limited: async (id) => {
    await readOnce(id);
    control.addFault({ kind: 'rate-limit', retryAfter: 3, integration: id, endpoint: '/lms/users' });
    return signalled(id, ['lms_users']);
  },
  /** Kombo is slow to answer the look-up; the endpoints are read meanwhile. */
  'slow-look-up': async (id) => {
    await readOnce(id);
    const endpoint = `/integrations/${encodeURIComponent(id)}`;
    control.addFault({ kind: 'delay', ms: 3_000, endpoint, count: 2 });
    await signalled(id, ['lms_users']);
    return told(id, 'state-changed');
  },
  legacy: async (id) => {
    await readOnce(id);
    const { workflowId, runId } = await signalChanges(client, config, {
      integrationId: id,
      models: [],
      everything: true,
      deliveries: { 'sync-finished': 1 },
      trigger: 'webhook',
    });
    return client.workflow.getHandle(workflowId, runId);
  },
  /** The setup ends during the run: the first look-up finds it pending, a later one lets the sync read everything. */
  'setup-pending': async (id) => {
    control.setIntegration(id, { setupStatus: 'FINAL_SYNC_PENDING' });
    const handle = await signalled(id, []);
    const parked = `select from kombo_sync.integrations where id = $1 and status = 'parked'`;
    while ((await store.pool.query(parked, [id])).rowCount === 0) await delay(20);
    control.setIntegration(id, { setupStatus: 'COMPLETED' });
    return handle;
  },
  issue: async (id) => {
    const firstObservedAt = new Date().toISOString();
    const issue = { id, integrationId: id, type: 't', title: 'T', message: '', firstObservedAt };
    await signalIssue(client, config, { ...issue, resolvedAt: null });
    await signalIssue(client, config, { ...issue, resolvedAt: firstObservedAt });
    return client.workflow.getHandle(issueWorkflowId(id));
  },
  /** A receiver that is not there, and a test that says so. */
  notified: (id) => startNotification(client, config, { id, target: 'webhook', test: true }),
  deleted: async (id) => {
    await readOnce(id);
    return told(id, 'deleted');
  },
  /** A webhook reports the deletion while a pass runs: the pass is stopped. */
  'deleted-while-reading': async (id) => {
    await readOnce(id);
    control.addFault({ kind: 'stall', integration: id, endpoint: '/lms/users', ms: 30_000 });
    control.clearRequests();
    const handle = await signalled(id, ['lms_users']);
    while (control.requests({ integrationId: id, path: '/lms/users' }).length === 0) await delay(20);
    await told(id, 'deleted');
    return handle;
  },
  erased: async (id) => {
    await ended(await RECORD['deleted']!(id));
    return client.workflow.getHandle(eraseWorkflowId(id));
  },
};

async function untilFailing(integrationId: string): Promise<void> {
  const failing = `select from kombo_sync.debts where integration_id = $1 and failing_since is not null`;
  while ((await store.pool.query(failing, [integrationId])).rowCount === 0) await delay(20);
}

/** Signals a webhook about the integration itself. */
async function told(integrationId: string, event: 'deleted' | 'state-changed'): Promise<WorkflowHandle> {
  const { workflowId, runId } = await signalChanges(client, config, {
    integrationId,
    models: [],
    change: { event, deletedAt: event === 'deleted' ? new Date().toISOString() : undefined },
    trigger: 'webhook',
  });
  return client.workflow.getHandle(workflowId, runId);
}

async function signalled(integrationId: string, models: string[]): Promise<WorkflowHandle> {
  const { workflowId, runId } = await signalChanges(client, config, {
    integrationId,
    models,
    trigger: 'webhook',
  });
  return client.workflow.getHandle(workflowId, runId);
}

async function readOnce(integrationId: string): Promise<void> {
  await ended(await signalled(integrationId, []));
}

/** Waits for the end of the run. A failed or cancelled run is worth recording too. */
async function ended(handle: WorkflowHandle): Promise<void> {
  await handle.result().catch(() => {});
}

/** Throws if a history holds part of a record or a key (I17). */
function refuseSecrets(text: string, integrationId: string): void {
  const decoded = text.replaceAll(/"data": "([A-Za-z0-9+/=]+)"/g, (_match, data: string) => atob(data));
  const ids = control.tables(integrationId).flatMap((table) => control.ids(integrationId, table));
  // Only users: the other tables hold words, for example names of skills, that a stack trace can hold too.
  const users = [...control.snapshot(integrationId, 'lms_users').values()].flatMap((user) =>
    Object.values(user),
  );
  const secret = [...ids, ...users].filter((word) => typeof word === 'string' && word.length > 8);
  for (const word of [...secret, DEFAULT_API_KEY]) {
    if (decoded.includes(String(word)))
      throw new Error(`The history of ${integrationId} holds a record or a key.`);
  }
}

try {
  const wanted = process.argv.slice(2);
  for (const [shape, record] of Object.entries(RECORD)) {
    if (wanted.length > 0 && !wanted.includes(shape)) continue;
    const id = `recorded:${shape}`;
    control.addIntegration({
      id,
      category: 'LMS',
      scale: 0,
      records: { lms_users: 500, lms_courses: 5, lms_skills: 5 },
    });
    const handle = await record(id);
    await ended(handle);
    const history = historyToJSON(await handle.fetchHistory());
    const text = `${JSON.stringify(JSON.parse(history), hideMachine, 2)}\n`;
    refuseSecrets(text, id);
    await writeFile(new URL(`../test/histories/${shape}.json`, import.meta.url), text);
    process.stdout.write(`${shape}\n`);
  }
} finally {
  await close();
}

/** The identity of a worker names the machine, and stack traces name its folders. */
function hideMachine(key: string, value: unknown): unknown {
  if (key === 'identity') return 'recorder';
  return key === 'stackTrace' ? '' : value;
}
