import * as sdk from '@kombo-api/sdk/models';
import { describe, expect, test } from 'vitest';
import type { SandboxControl, WebhookResult, WebhookType } from '../../sandbox/index.ts';
import { WEBHOOK_TYPES } from '../../sandbox/webhooks/types.ts';
import { bodySchema, YOUNGER_MODEL_NAMES } from './webhook-schemas.ts';
import { receiver } from './receiver.ts';
import { IDS, readAll, testClock, testSandbox } from './support.ts';

type Send = (control: SandboxControl) => Promise<WebhookResult | WebhookResult[] | undefined>;

/** How to send each type. */
const SEND: Record<WebhookType, Send> = {
  'data-changed': async (control) => {
    control.create(IDS.ATS, 'ats_tags');
    return control.flushWebhook(IDS.ATS);
  },
  'integration-created': (control) => control.announce(IDS.HRIS, 'integration-created'),
  'integration-deleted': (control) => control.announce(IDS.HRIS, 'integration-deleted'),
  'integration-state-changed': (control) => control.announce(IDS.HRIS, 'integration-state-changed'),
  'issue-status-changed': async (control) => (await control.raiseIssue({ integration: IDS.HRIS })).sent,
  'connection-flow-failed': (control) =>
    control.announceFailedConnection({ tool: 'personio', category: 'HRIS', organizationName: 'Acme' }),
  'assessment:order-received': async (control) => {
    const [order] = control.create(IDS.ASSESSMENT, 'assessment_orders');
    return control.announceOrder(IDS.ASSESSMENT, order!);
  },
  'inline-assessment:order-received': async (control) => {
    const [order] = control.create(IDS.ASSESSMENT, 'assessment_orders');
    return control.announceOrder(IDS.ASSESSMENT, order!, { inline: true });
  },
  'ai-apply-application-status-updated': (control) =>
    control.announceAiApply('ai-apply-application-status-updated', { fields: { status: 'PENDING' } }),
  'ai-apply-job-posting-status-updated': (control) =>
    control.announceAiApply('ai-apply-job-posting-status-updated'),
  'sync-finished': (control) => control.finishSync(IDS.LMS),
  'remote-event-received': (control) => control.remoteEvent(IDS.LMS),
};

interface Schema {
  parse(body: unknown): unknown;
}

/** The schemas of Kombo's own SDK. It has none for AI Apply, and Kombo does not document the remote event. */
const SDK: Partial<Record<WebhookType, Schema>> = {
  'data-changed': sdk.DataChangedWebhookPayload$inboundSchema,
  'integration-created': sdk.IntegrationCreatedWebhookPayload$inboundSchema,
  'integration-deleted': sdk.IntegrationDeletedWebhookPayload$inboundSchema,
  'integration-state-changed': sdk.IntegrationStateChangedWebhookPayload$inboundSchema,
  'connection-flow-failed': sdk.ConnectionFlowFailedWebhookPayload$inboundSchema,
  'assessment:order-received': sdk.AssessmentOrderReceivedWebhookPayload$inboundSchema,
  'inline-assessment:order-received': sdk.InlineAssessmentOrderReceivedWebhookPayload$inboundSchema,
  'sync-finished': sdk.SyncFinishedWebhookPayload$inboundSchema,
};

test.each(WEBHOOK_TYPES)('%s is exactly as Kombo documents it', async (type) => {
  const { url, deliveries, types } = await receiver();
  const { control } = testSandbox({ webhookUrl: url });
  control.subscribe([type]);
  await SEND[type](control);
  expect(types()).toEqual([type]);
  const { json } = deliveries[0]!;
  expect(bodySchema(type).parse(json)).toEqual(json);
  // The SDK turns times into dates and drops unknown fields, so this only checks that it accepts the body.
  expect(() => SDK[type]?.parse(json)).not.toThrow();
});

test('the SDK has a schema for all but four types', () => {
  const missing = WEBHOOK_TYPES.filter((type) => SDK[type] === undefined);
  expect(missing).toEqual([
    'issue-status-changed',
    'ai-apply-application-status-updated',
    'ai-apply-job-posting-status-updated',
    'remote-event-received',
  ]);
});

test.each(['ATS', 'HRIS', 'LMS'] as const)(
  'webhooks use the names that Kombo has for the models of %s',
  async (category) => {
    const { url, deliveries } = await receiver();
    const { control } = testSandbox({ webhookUrl: url });
    const id = `test:whole-${category}`;
    control.addIntegration({ id, category, setupStatus: 'FINAL_SYNC_PENDING' });
    await control.flushWebhook(id);
    const { json } = deliveries[0]!;
    expect(bodySchema('data-changed').parse(json)).toEqual(json);
    const models = json.data['changed_models'] as { name: string }[];
    json.data['changed_models'] = models.filter(({ name }) => !YOUNGER_MODEL_NAMES.includes(name));
    expect(() => SDK['data-changed']!.parse(json)).not.toThrow();
  },
);

describe('an order', () => {
  test('is open and can be read before its webhook is sent', async () => {
    const { url, deliveries } = await receiver();
    const sandbox = testSandbox({ webhookUrl: url });
    const { control } = sandbox;
    const orders = control.create(IDS.ASSESSMENT, 'assessment_orders', { count: 8 });
    const [order] = orders;
    const [row] = await readAll(sandbox, IDS.ASSESSMENT, '/assessment/orders', { ids: order! });
    const open = await readAll(sandbox, IDS.ASSESSMENT, '/assessment/orders/open');
    expect(open.map(({ id }) => id)).toEqual(expect.arrayContaining(orders));
    await control.announceOrder(IDS.ASSESSMENT, order!);
    expect(deliveries[0]!.json.data).toEqual({ ...row, status: 'OPEN', integration_id: IDS.ASSESSMENT });
  });

  test('that does not exist cannot be announced', async () => {
    const { control } = testSandbox();
    await expect(control.announceOrder(IDS.ASSESSMENT, 'nothing')).rejects.toThrow('nothing');
    await expect(control.announceOrder(IDS.ATS, 'nothing')).rejects.toThrow('assessment_orders');
  });
});

test('a webhook of AI Apply has the given fields', async () => {
  const { now } = testClock();
  const { url, deliveries } = await receiver();
  const { control } = testSandbox({ webhookUrl: url, now });
  const archived = {
    id: 'posting',
    archived_at: '2026-05-01T00:00:00.000Z',
    archived_reason: 'MANUAL_ARCHIVE',
    availability: 'ARCHIVED',
  };
  await control.announceAiApply('ai-apply-job-posting-status-updated', { fields: archived });
  expect(deliveries[0]!.json.data).toMatchObject({ ...archived, updated_at: now().toISOString() });
});
