import { describe, expect, test } from 'vitest';
import { WEBHOOK_TYPES } from '../../sandbox/webhooks/types.ts';
import { receiver } from './receiver.ts';
import { IDS, readAll, testClock, testSandbox } from './support.ts';

const EVERYTHING = WEBHOOK_TYPES;
const OLD = ['sync-finished', 'remote-event-received'] as const;

async function world() {
  const clock = testClock();
  const { url, deliveries, types } = await receiver();
  const sandbox = testSandbox({ webhookUrl: url, now: clock.now });
  return { clock, sandbox, control: sandbox.control, deliveries, types };
}

describe('the subscription', () => {
  test('has all types by default, except the two that data-changed replaces', async () => {
    const { control, types } = await world();
    const chosen = control.subscription();
    expect(EVERYTHING.filter((type) => !chosen.includes(type))).toEqual(OLD);
    control.create(IDS.ATS, 'ats_tags');
    expect(await control.remoteEvent(IDS.ATS)).toBeUndefined();
    expect(await control.finishSync(IDS.ATS)).toMatchObject([{ type: 'data-changed' }]);
    expect(types()).toEqual(['data-changed']);
  });

  test('decides for every type whether it is sent', async () => {
    const { control, types } = await world();
    control.subscribe([]);
    const [order] = control.create(IDS.ASSESSMENT, 'assessment_orders');
    control.create(IDS.ATS, 'ats_tags');
    const sent = [
      await control.flushWebhook(IDS.ATS),
      await control.announce(IDS.ATS, 'integration-created'),
      await control.announce(IDS.ATS, 'integration-state-changed'),
      await control.announce(IDS.ATS, 'integration-deleted'),
      await control.announceOrder(IDS.ASSESSMENT, order!),
      await control.announceOrder(IDS.ASSESSMENT, order!, { inline: true }),
      await control.announceFailedConnection({ tool: 'personio', category: 'HRIS' }),
      await control.announceAiApply('ai-apply-application-status-updated'),
      await control.announceAiApply('ai-apply-job-posting-status-updated'),
      await control.remoteEvent(IDS.ATS),
      ...(await control.finishSync(IDS.ATS)),
    ];
    expect(sent.filter((result) => result !== undefined)).toEqual([]);
    expect(types()).toEqual([]);
    await control.sendWebhook({ type: 'by-hand', data: {} });
    expect(types()).toEqual(['by-hand']);
  });

  test('clears pending changes even without data-changed', async () => {
    const { control, types } = await world();
    control.subscribe(OLD);
    control.create(IDS.ATS, 'ats_tags');
    expect(await control.flushWebhook(IDS.ATS)).toBeUndefined();
    expect(control.pendingModels(IDS.ATS)).toEqual([]);
    control.create(IDS.ATS, 'ats_tags');
    expect(await control.finishSync(IDS.ATS)).toMatchObject([{ type: 'sync-finished' }]);
    control.subscribe(EVERYTHING);
    await control.finishSync(IDS.ATS);
    expect(types()).toEqual(['sync-finished', 'sync-finished']);
  });
});

describe('the end of a sync', () => {
  test('is reported first, then its changes', async () => {
    const { clock, control, sandbox, deliveries } = await world();
    control.subscribe(EVERYTHING);
    const started = clock.now();
    const [tag] = control.create(IDS.ATS, 'ats_tags');
    clock.advance(90_400);
    const sent = await control.finishSync(IDS.ATS);
    expect(sent).toMatchObject([{ type: 'sync-finished' }, { type: 'data-changed' }]);
    expect(deliveries.map(({ json }) => json.id)).toEqual(sent.map(({ id }) => id));
    const { data } = deliveries[0]!.json;
    expect(data).toMatchObject({
      sync_state: 'SUCCEEDED',
      sync_ended_at: clock.now().toISOString(),
      sync_duration_seconds: 91,
      integration_id: IDS.ATS,
      integration_tool: 'test',
      integration_category: 'ATS',
    });
    expect(Date.parse(data['sync_started_at'] as string)).toBeLessThan(started.getTime());
    expect(deliveries[1]!.json.data['changed_models']).toEqual([{ name: 'ats_tags' }]);
    // A reader that filters by the start of the sync, as older guides say, must find its changes.
    const updated_after = data['sync_started_at'] as string;
    expect((await readAll(sandbox, IDS.ATS, '/ats/tags', { updated_after })).map(({ id }) => id)).toEqual([
      tag,
    ]);
  });

  test('is reported alone without a change, and each sync has its own id', async () => {
    const { clock, control, deliveries, types } = await world();
    control.subscribe(EVERYTHING);
    control.create(IDS.ATS, 'ats_tags');
    await control.flushWebhook(IDS.ATS);
    clock.advance(60_000);
    await control.finishSync(IDS.ATS);
    await control.finishSync(IDS.ATS);
    expect(types()).toEqual(['data-changed', 'sync-finished', 'sync-finished']);
    const syncs = deliveries.slice(1).map(({ json }) => json.data);
    expect(new Set(syncs.map(({ sync_id }) => sync_id)).size).toBe(2);
    expect(syncs.map(({ sync_duration_seconds }) => sync_duration_seconds)).toEqual([1, 1]);
  });

  test.each(['PARTIALLY_FAILED', 'FAILED', 'AUTHENTICATION_FAILED', 'CANCELLED', 'TIMED_OUT'] as const)(
    'can have the state %s',
    async (state) => {
      const { control, deliveries } = await world();
      control.subscribe(OLD);
      await control.finishSync(IDS.ATS, { state });
      expect(deliveries[0]!.json.data).toMatchObject({ sync_state: state });
    },
  );

  test.each([
    ['sync-finished', ['data-changed']],
    ['data-changed', ['sync-finished']],
    [true, []],
  ] as const)('can lose its webhooks: %s', async (lose, arrived) => {
    const { control, types } = await world();
    control.subscribe(EVERYTHING);
    control.create(IDS.ATS, 'ats_tags');
    const sent = await control.finishSync(IDS.ATS, { lose });
    expect(sent.filter(({ lost }) => !lost).map(({ type }) => type)).toEqual(arrived);
    expect(types()).toEqual(arrived);
    expect(control.pendingModels(IDS.ATS)).toEqual([]);
  });
});

test('a remote event is reported, and its change comes later', async () => {
  const { control, types } = await world();
  control.subscribe(EVERYTHING);
  await control.remoteEvent(IDS.ATS);
  control.create(IDS.ATS, 'ats_tags');
  await control.flushWebhook(IDS.ATS);
  expect(types()).toEqual(['remote-event-received', 'data-changed']);
});

describe('the demo', () => {
  test('sends sync-finished if it is subscribed, and loses only data-changed', async () => {
    const { url, deliveries, types } = await receiver();
    const { control } = testSandbox({ webhookUrl: url });
    control.subscribe(EVERYTHING);
    const lost: boolean[] = [];
    const enough = new Promise<void>((resolve) => {
      control.on('webhook', ({ result }) => {
        if (lost.push(result.lost) === 6) resolve();
      });
    });
    control.startDemo({ everyMs: 1, loseEvery: 3 });
    await enough;
    await control.stopDemo();
    expect(lost.slice(0, 6)).toEqual([false, false, true, false, false, true]);
    const [sync, both] = ['sync-finished', 'data-changed'];
    expect(types().slice(0, 10)).toEqual([sync, both, sync, both, sync, sync, both, sync, both, sync]);
    const about = deliveries.map(({ json }) => json.data['integration_id']);
    expect(about[0]).toBe(about[1]);
  });

  test('sends only subscribed types', async () => {
    const { url, types } = await receiver();
    const { control } = testSandbox({ webhookUrl: url });
    control.subscribe(['sync-finished']);
    const changes = new Promise<void>((resolve) => {
      let seen = 0;
      control.on('changed', () => {
        if (++seen === 6) resolve();
      });
    });
    control.startDemo({ everyMs: 1 });
    await changes;
    await control.stopDemo();
    expect(new Set(types())).toEqual(new Set(['sync-finished']));
  });

  test('does not change integrations that Kombo would not sync', async () => {
    const { url } = await receiver();
    const { control } = testSandbox({ webhookUrl: url });
    control.setEnabled(IDS.ATS, false);
    control.setIntegration(IDS.HRIS, { status: 'INVALID' });
    control.setIntegration(IDS.ASSESSMENT, { setupStatus: 'INCOMPLETE' });
    const changed: string[] = [];
    const enough = new Promise<void>((resolve) => {
      control.on('changed', ({ integrationId }) => {
        if (changed.push(integrationId) === 8) resolve();
      });
    });
    control.startDemo({ everyMs: 1 });
    await enough;
    await control.stopDemo();
    expect(new Set(changed)).toEqual(new Set([IDS.LMS]));
  });
});
