import { Client } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { Worker } from '@temporalio/worker';
import { afterAll, expect, test } from 'vitest';
import { loadConfig, payloadSettings } from '../../src/config.ts';
import {
  catchUpScheduleId,
  fullSyncScheduleId,
  fullSyncWorkflowId,
  syncWorkflowId,
} from '../../src/domain/names.ts';
import { payloadCodecs } from '../../src/temporal/payloads/codecs.ts';
import { startFullSync } from '../../src/temporal/start.ts';
import { ensureSchedules } from '../../src/temporal/schedules.ts';
import { workflowBundle } from '../../src/worker/bundle.ts';
import { eventually } from '../support/poll.ts';
import { accepted, createSystem, type System } from './setup.ts';

const keyOf = (id: string, fill: number) => `${id}:${Buffer.alloc(32, fill).toString('base64')}`;
const CODEC = { TEMPORAL_PAYLOAD_CODEC: 'aes', TEMPORAL_PAYLOAD_KEYS: keyOf('first', 1) };
/** In the records, and in what Kombo answers when it fails. */
const MARKER = 'Ada-Lovelace-MARKER';

const open = await createSystem({ RETRY_INTERVAL: '300ms' });
await Promise.all([open.worker(), open.server()]);
// Connections read these when they are made.
Object.assign(process.env, CODEC);
afterAll(() => {
  for (const name of Object.keys(CODEC)) delete process.env[name];
});
const closed = await createSystem({ RETRY_INTERVAL: '300ms', ...CODEC });
await Promise.all([closed.worker(), closed.server()]);

/** Everything that Temporal holds of the syncs of an integration, seen without a key, and the encodings of its payloads. */
async function stored(id: string): Promise<{ text: string; encodings: Set<string> }> {
  const { connection, namespace } = open.temporal;
  const client = new Client({ connection, namespace });
  const texts: string[] = [];
  for await (const { workflowId, runId } of client.workflow.list({ query: `KomboIntegrationId = '${id}'` })) {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    texts.push(JSON.stringify(JSON.parse(historyToJSON(history)), withoutLabels));
  }
  const decode = (text: string) => Buffer.from(text, 'base64').toString();
  const text = texts.join('\n');
  const encodings = [...text.matchAll(/"encoding":"([^"]+)"/g)].map(([, encoding]) => decode(encoding!));
  const bodies = [...text.matchAll(/"data":"([^"]+)"/g)].map(([, data]) => decode(data!));
  return { text: [text, ...bodies].join('\n'), encodings: new Set(encodings) };
}

/** The server itself reads search attributes, so no codec touches them. */
const withoutLabels = (key: string, value: unknown) => (key === 'searchAttributes' ? undefined : value);

/** A first sync, a webhook's delta with a failure in it, and a full sync, of records with a name in them. */
async function syncMarkers(of: System): Promise<string> {
  const { control } = of;
  const id = of.integration();
  control.update(id, 'lms_users', control.ids(id, 'lms_users'), { first_name: MARKER });
  await of.firstSync(id);
  const body = `{"status":"error","error":{"message":"${MARKER}"}}`;
  control.addFault({ kind: 'status', status: 503, body, integration: id, endpoint: '/lms/users', count: 2 });
  control.update(id, 'lms_users', control.ids(id, 'lms_users'), { last_name: MARKER });
  await accepted(control.flushWebhook(id));
  await of.settled(id);
  const { handle } = await startFullSync(of.temporal.client, of.config, { integrationId: id });
  await handle.result();
  expect(await of.differences(id)).toEqual([]);
  const { rowCount } = await of.store.pool.query(
    `select from kombo.lms_users where integration_id = $1 and raw::text like '%${MARKER}%'`,
    [id],
  );
  expect(rowCount).toBe(20);
  return id;
}

test.each([
  ['without a codec', open, ['json/plain', 'binary/null']],
  ['with TEMPORAL_PAYLOAD_CODEC=aes', closed, ['binary/encrypted']],
])('(I17) %s, Temporal holds nothing of a record', { timeout: 90_000 }, async (_how, system, expected) => {
  const id = await syncMarkers(system);
  // The list of runs follows what happens to them a moment later.
  const { text, encodings } = await eventually(async () => {
    const seen = await stored(id);
    return [syncWorkflowId(id), fullSyncWorkflowId(id)].every((run) => seen.text.includes(run)) && seen;
  });
  expect(text).not.toContain(MARKER);
  expect(expected).toEqual(expect.arrayContaining([...encodings]));
  // Names of endpoints and models are in the payloads, and so are hidden with them; the names of activities are not.
  expect(text.includes('/lms/users')).toBe(system === open);
});

test('what commands show of encrypted runs is what they show of others', async () => {
  const id = await syncMarkers(closed);
  const result = await closed.temporal.client.workflow.getHandle(fullSyncWorkflowId(id)).result();
  expect(result).toMatchObject({ integrationId: id, status: 'completed' });
});

test('(I20) a run that Temporal stored encrypted replays with its key, and with no other', async () => {
  const id = await syncMarkers(closed);
  const history = await closed.temporal.client.workflow.getHandle(fullSyncWorkflowId(id)).fetchHistory();
  const bundle = await workflowBundle(undefined);
  const replayWith = async (keys: string) => {
    const codecs = await payloadCodecs(payloadSettings({ ...CODEC, TEMPORAL_PAYLOAD_KEYS: keys }));
    const options = { workflowBundle: bundle, dataConverter: { payloadCodecs: codecs } };
    return Worker.runReplayHistory(options, history, fullSyncWorkflowId(id));
  };
  await expect(replayWith(CODEC.TEMPORAL_PAYLOAD_KEYS)).resolves.toBeUndefined();
  await expect(replayWith(keyOf('other', 3))).rejects.toThrow(/first/);
});

test('schedules, which outlive a key, are written with the new one by setup', async () => {
  const id = closed.integration();
  const integration = { id, tool: 'bombohr', category: 'LMS' };
  const { client } = closed.temporal;
  expect(await ensureSchedules(client, { ...closed.config, CATCH_UP_INTERVAL: 3_600_000 }, integration)).toBe(
    'created',
  );
  expect(await ensureSchedules(client, { ...closed.config, CATCH_UP_INTERVAL: 3_600_000 }, integration)).toBe(
    'unchanged',
  );
  const rotated = loadConfig({
    ...closed.environment,
    TEMPORAL_PAYLOAD_KEYS: `${keyOf('second', 2)},${keyOf('first', 1)}`,
    CATCH_UP_INTERVAL: '1h',
  });
  expect(await ensureSchedules(client, rotated, integration)).toBe('updated');
  await Promise.all(
    [fullSyncScheduleId(id), catchUpScheduleId(id)].map((schedule) =>
      client.schedule.getHandle(schedule).delete(),
    ),
  );
});
