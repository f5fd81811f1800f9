import { pino } from 'pino';
import { expect, inject, test } from 'vitest';
import { notifyWorkflowId } from '../../src/domain/names.ts';
import { testNotifications } from '../../src/operations/notify-test.ts';
import { tellOperators } from '../../src/operations/tell.ts';
import { createWorkerMetrics } from '../../src/worker/metrics.ts';
import { startCli } from '../cli/spawn.ts';
import { isSigned, startReceiver } from '../support/notified.ts';
import { eventually } from '../support/poll.ts';
import { createSystem } from './setup.ts';

const SECRET = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
const OLD_SECRET = `whsec_${Buffer.alloc(32, 2).toString('base64')}`;
const receiver = await startReceiver();
const slack = await startReceiver();
const system = await createSystem({
  NOTIFY_URL: receiver.url,
  NOTIFY_SECRET: `${SECRET},${OLD_SECRET}`,
  NOTIFY_SLACK_URL: `${slack.url}/T000/a-secret-part`,
  PUBLIC_URL: 'https://example.com/kombo',
});
const { store, control, config, temporal } = system;
const log = pino({ level: 'silent' });

/** What a worker does each minute, now. */
async function look(): Promise<void> {
  await store.pool.query(`update kombo_sync.turns set next_at = now() where part = 'conditions'`);
  await tellOperators({ store, client: temporal.client, config, log, calmMs: 0 });
}

test(
  '(I35, I36) an integration that Kombo cannot read is told once, signed, and once more when it can be read again',
  { timeout: 120_000 },
  async () => {
    const worker = await system.worker();
    await system.server();
    const id = system.integration();
    await system.firstSync(id);
    control.setIntegration(id, { status: 'INVALID' });
    await control.announce(id, 'integration-state-changed').catch(() => {});
    await system.tell(id, ['lms_users']);
    await eventually(async () => (await system.known(id))?.status === 'parked');

    // The worker finds it by itself.
    await eventually(() => receiver.received.length > 0 && slack.received.length > 0, { timeoutMs: 90_000 });
    const [first] = receiver.received;
    expect(isSigned(first!, SECRET)).toBe(true);
    expect(isSigned(first!, OLD_SECRET)).toBe(true);
    expect(isSigned({ ...first!, body: `${first!.body} ` }, SECRET)).toBe(false);
    expect(receiver.notifications()[0]).toMatchObject({
      type: 'kombo-sync.conditions',
      data: {
        open: 1,
        began: {
          count: 1,
          items: [
            {
              kind: 'parked',
              integration_id: id,
              code: 'INVALID',
              url: `https://example.com/kombo/integrations/${encodeURIComponent(id)}`,
            },
          ],
        },
      },
    });
    expect((JSON.parse(slack.received[0]!.body) as { text: string }).text).toContain(
      `${id} cannot be read at Kombo (INVALID)`,
    );

    await look();
    await look();
    control.setIntegration(id, { status: 'ACTIVE' });
    await system.tell(id, ['lms_users']);
    await eventually(async () => {
      await store.pool.query(`update kombo_sync.integrations set retry_at = now() where status = 'parked'`);
      return (await system.known(id))?.status === 'active';
    });
    await eventually(
      async () => {
        await look();
        return receiver.received.length > 1;
      },
      { timeoutMs: 60_000, everyMs: 200 },
    );
    expect(receiver.received).toHaveLength(2);
    expect(receiver.notifications()[1]).toMatchObject({
      data: { open: 0, began: { count: 0 }, recovered: { count: 1, items: [{ integration_id: id }] } },
    });

    // Temporal has the id and the target, and nothing of what was said.
    const handle = temporal.client.workflow.getHandle(
      notifyWorkflowId(receiver.received[0]!.headers['webhook-id'] as string),
    );
    const history = JSON.stringify(await handle.fetchHistory());
    expect(history).not.toContain(id);
    expect(history).not.toContain('secret-part');
    await worker.stop();
  },
);

test('notify test says what the receiver did', { timeout: 60_000 }, async () => {
  const worker = await system.worker();
  receiver.answer(204);
  slack.answer(302);
  const tested = await testNotifications({ temporal, config });
  expect(tested).toMatchObject([
    { target: 'webhook', outcome: 'sent', message: null },
    { target: 'slack', outcome: 'failed', message: 'The receiver of NOTIFY_SLACK_URL answered HTTP 302.' },
  ]);
  slack.answer(204);
  const last = receiver.received.at(-1)!;
  expect(last.headers['webhook-id']).toBe(tested[0]!.id);
  expect(isSigned(last, SECRET)).toBe(true);
  expect(receiver.notifications().at(-1)?.type).toBe('kombo-sync.test');
  // The redirect was not followed.
  expect(slack.received.filter(({ body }) => body.includes('this is a test'))).toHaveLength(1);
  await worker.stop();
  expect(await testNotifications({ temporal, config }, 1_000)).toMatchObject([
    { outcome: 'no_worker' },
    { outcome: 'no_worker' },
  ]);
});

test(
  '(I35) a worker that is killed while it sends makes no second notification: the next try has the same id',
  { timeout: 150_000 },
  async () => {
    const id = system.integration();
    await store.pool.query(
      `insert into kombo_sync.integrations (id, tool, category, status, needs_attention, status_code)
       values ($1, 'bombohr', 'LMS', 'parked', true, 'INVALID')`,
      [id],
    );
    const from = receiver.received.length;
    const since = () => receiver.received.slice(from);
    receiver.answer('hang');
    const env = { ...system.environment, TEMPORAL_ADDRESS: inject('temporalAddress') };
    const victim = startCli(['worker'], env);
    await victim.printed(config.TASK_QUEUE);
    await look();
    await eventually(() => since().length === 1, { timeoutMs: 60_000 });
    victim.kill('SIGKILL');
    await victim.finished;
    receiver.answer(204);
    const heir = await system.worker();
    await eventually(() => since().length === 2, { timeoutMs: 90_000 });
    const [first, second] = since();
    expect(second!.headers['webhook-id']).toBe(first!.headers['webhook-id']);
    expect(second!.body).toBe(first!.body);
    expect(isSigned(second!, SECRET)).toBe(true);
    await eventually(async () => {
      const { rows } = await store.pool.query('select from kombo_sync.notifications where sent_at is null');
      return rows.length === 0;
    });
    await look();
    await look();
    expect(since()).toHaveLength(2);
    await heir.stop();
  },
);

test(
  'consumers that are behind are told together and once, and once more when they have caught up',
  { timeout: 90_000 },
  async () => {
    const worker = await system.worker();
    receiver.answer(204);
    const from = receiver.received.length;
    const since = () => receiver.notifications().slice(from);
    await store.pool.query(`update kombo_sync.changes set at = now() - interval '2 hours'`);
    await store.pool.query(
      `insert into kombo_sync.consumers (name, seq) values ('search-index', 0), ('mails <b>', 0)`,
    );
    await look();
    await eventually(() => since().length === 1, { timeoutMs: 30_000 });
    expect(since()[0]).toMatchObject({
      data: {
        began: {
          by_kind: { consumer_behind: 2 },
          items: [
            { consumer: 'mails <b>', integration_id: null, code: 'not_running' },
            { consumer: 'search-index', url: 'https://example.com/kombo/' },
          ],
        },
      },
    });
    await look();
    await store.pool.query('update kombo_sync.consumers set seq = kombo_sync.changes_horizon()');
    await eventually(
      async () => {
        await look();
        return since().length > 1;
      },
      { timeoutMs: 30_000 },
    );
    expect(since()).toHaveLength(2);
    expect(since()[1]).toMatchObject({ data: { recovered: { by_kind: { consumer_behind: 2 } } } });
    await worker.stop();
  },
);

test('each try is counted', async () => {
  const { meter, registry } = createWorkerMetrics({ perIntegration: false });
  meter.notified({ target: 'webhook', outcome: 'failed' });
  expect(await registry.metrics()).toContain(
    'kombo_sync_notifications_total{target="webhook",outcome="failed"} 1',
  );
});
