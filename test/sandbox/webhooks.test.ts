import { describe, expect, test } from 'vitest';
import { DEFAULT_WEBHOOK_SECRET } from '../../sandbox/index.ts';
import { verify } from '../../src/kombo/signature.ts';
import { Secret } from '../../src/secret.ts';
import { receiver, type Delivery } from './receiver.ts';
import { IDS, testClock, testSandbox } from './support.ts';

const secrets = [new Secret(DEFAULT_WEBHOOK_SECRET)];
const signed = ({ body, headers }: Delivery) => verify(body, headers['x-kombo-signature'] as string, secrets);

describe('data-changed', () => {
  test('names exactly the models that changed since the last one', async () => {
    const { url, deliveries } = await receiver();
    const { control } = testSandbox({ webhookUrl: url });
    expect(await control.flushWebhook(IDS.HRIS)).toBeUndefined();
    const [employee] = control.ids(IDS.HRIS, 'hris_employees');
    control.update(IDS.HRIS, 'hris_employees', employee!);
    control.updateNested(IDS.HRIS, 'hris_employees', employee!, 'hris_join_employees_teams');
    control.update(IDS.HRIS, 'hris_groups', control.ids(IDS.HRIS, 'hris_groups'));
    control.update(IDS.ATS, 'ats_tags', control.ids(IDS.ATS, 'ats_tags'));
    expect(await control.flushWebhook(IDS.HRIS)).toMatchObject({ statuses: [200], lost: false });
    expect(deliveries.map(({ json }) => json)).toEqual([
      {
        id: expect.stringMatching(/^[1-9A-HJ-NP-Za-km-z]{24}$/),
        type: 'data-changed',
        data: {
          integration_id: IDS.HRIS,
          integration_tool: 'test',
          integration_category: 'HRIS',
          changed_models: [
            { name: 'hris_employees' },
            { name: 'hris_join_employees_teams' },
            { name: 'hris_teams' },
          ],
        },
      },
    ]);
    expect(deliveries.every(signed)).toBe(true);
    expect(control.pendingModels(IDS.HRIS)).toEqual([]);
    expect(control.pendingModels(IDS.ATS)).toEqual(['ats_tags']);
  });

  test('is not sent again if it is lost', async () => {
    const { url, deliveries } = await receiver();
    const { control } = testSandbox({ webhookUrl: url });
    control.create(IDS.LMS, 'lms_skills');
    expect(await control.flushWebhook(IDS.LMS, { lose: true })).toMatchObject({ lost: true, statuses: [] });
    expect(await control.flushWebhook(IDS.LMS)).toBeUndefined();
    expect(deliveries).toEqual([]);
  });
});

describe('deliveries', () => {
  test('can come twice, indented, or with a wrong signature', async () => {
    const { url, deliveries } = await receiver();
    const { control } = testSandbox({ webhookUrl: url });
    const webhook = { type: 'data-changed', data: { text: 'Grüße' } };
    await control.sendWebhook({ ...webhook, duplicate: true });
    await control.sendWebhook({ ...webhook, pretty: true, id: 'mine' });
    await control.sendWebhook({ ...webhook, wrongSignature: true });
    expect(deliveries.map(signed)).toEqual([true, true, true, false]);
    expect(deliveries[0]!.body).toEqual(deliveries[1]!.body);
    expect(deliveries[2]!.body.toString()).toBe(JSON.stringify({ id: 'mine', ...webhook }, null, 2));
    expect(new Set(deliveries.map(({ json }) => json.id)).size).toBe(3);
  });

  test('report a failure', async () => {
    const { url } = await receiver(503);
    const { control } = testSandbox({ webhookUrl: url });
    const webhook = { type: 'data-changed', data: {} };
    expect((await control.sendWebhook(webhook)).statuses).toEqual([503]);
    expect((await control.sendWebhook({ ...webhook, url: 'http://127.0.0.1:1/' })).statuses).toEqual([null]);
    const { control: unaddressed } = testSandbox();
    await expect(unaddressed.sendWebhook(webhook)).rejects.toThrow('webhookUrl');
    expect(() => unaddressed.startDemo({ everyMs: 1000 })).toThrow('webhookUrl');
  });

  test('name integrations in the way of their type', async () => {
    const clock = testClock();
    const { url, deliveries } = await receiver();
    const { control } = testSandbox({ webhookUrl: url, now: clock.now });
    const end_user = { organization_name: 'Acme (LMS)', creator_email: expect.any(String), origin_id: null };
    const at = clock.now().toISOString();
    await control.announce(IDS.LMS, 'integration-created');
    control.setIntegration(IDS.LMS, { status: 'INVALID' });
    await control.announce(IDS.LMS, 'integration-state-changed');
    await control.announce(IDS.LMS, 'integration-deleted');
    const short = { id: IDS.LMS, tool: 'test', category: 'LMS', end_user };
    expect(deliveries.map(({ json }) => json.data)).toEqual([
      short,
      {
        integration_id: IDS.LMS,
        integration_tool: 'test',
        integration_category: 'LMS',
        end_user,
        qa_status: 'PASSED',
        setup_status: 'COMPLETED',
        state: 'INVALID',
        updated_at: at,
      },
      { ...short, deleted_at: at },
    ]);
  });
});

test('the demo changes records, sends webhooks, and loses some', async () => {
  const { url, deliveries } = await receiver();
  const { control } = testSandbox({ webhookUrl: url });
  const lost: boolean[] = [];
  const changed: string[] = [];
  const models: string[][] = [];
  control.on('changed', ({ integrationId }) => changed.push(integrationId));
  const enough = new Promise<void>((resolve) => {
    control.on('webhook', (event) => {
      lost.push(event.result.lost);
      if (!event.result.lost) models.push(event.models);
      if (lost.length >= 9) resolve();
    });
  });
  control.startDemo({ everyMs: 1, loseEvery: 3 });
  await enough;
  await control.stopDemo();
  expect(lost.slice(0, 9)).toEqual([false, false, true, false, false, true, false, false, true]);
  expect(changed.length).toBeGreaterThanOrEqual(lost.length);
  const told = deliveries.map(({ json }) => json.data['changed_models'] as { name: string }[]);
  expect(told.map((names) => names.map(({ name }) => name))).toEqual(models);
});
