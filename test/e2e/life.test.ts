import { describe, expect, test } from 'vitest';
import { pauseIntegration, resumeIntegration } from '../../src/operations/integrations.ts';
import { listUnknown } from '../../src/store/state/unknown-integrations.ts';
import { describeSchedule } from '../../src/temporal/schedule-state.ts';
import { eventually } from '../support/poll.ts';
import { outcomeOf, whole } from './outcome.ts';
import { accepted, createSystem, each } from './setup.ts';

// The pause before a retry is the default, so only webhooks heal here.
const system = await createSystem();
const { control, operator, store, temporal } = system;
await system.worker();
await system.server();

const endOf = (id: string) => outcomeOf(system, id);

type News = 'integration-created' | 'integration-state-changed' | 'data-changed';
const NEWS: News[] = ['integration-created', 'integration-state-changed', 'data-changed'];

async function send(id: string, news: News, duplicate = false): Promise<void> {
  if (news === 'data-changed') await system.tell(id, ['lms_users', 'lms_courses'], duplicate);
  else await accepted(control.announce(id, news, { duplicate }));
}

/** Every order of one or more of these webhooks. */
function orders(news: readonly News[]): News[][] {
  return news.flatMap((first) => {
    const others = orders(news.filter((other) => other !== first));
    return [[first], ...others.map((rest) => [first, ...rest])];
  });
}

/** Endpoints of which a read is owed. */
async function owed(id: string): Promise<string[]> {
  return [...(await system.debts(id)).keys()];
}

/** With one or two of them missing, if that makes a difference. */
const EVERY = orders(NEWS);
const WHOLE = EVERY.filter((order) => order.length === NEWS.length);

const PACES: Record<string, (id: string, order: News[]) => Promise<void>> = {
  'at once': async (id, order) => {
    for (const news of order) await send(id, news);
  },
  'each twice': async (id, order) => {
    for (const news of order) await send(id, news, true);
  },
  'one after the other': async (id, order) => {
    for (const news of order) {
      await send(id, news);
      await system.settled(id);
    }
  },
  'while the first is being served': async (id, order) => {
    control.addFault({ kind: 'delay', ms: 500, integration: id, endpoint: '/lms/users' });
    await send(id, order[0]!);
    await eventually(() => system.reads(id).includes('/lms/users'));
    for (const news of order.slice(1)) await send(id, news);
  },
};

describe.concurrent('(I21) in any order and with some missing', { timeout: 90_000 }, () => {
  test.each(Object.keys(PACES))(
    'webhooks sent %s make a worker read everything in full once',
    async (pace) => {
      await Promise.all(
        (pace.startsWith('one') || pace.startsWith('while') ? WHOLE : EVERY).map(async (order) => {
          const id = system.integration();
          await PACES[pace]!(id, order);
          await system.settled(id);
          expect(await endOf(id), order.join(', ')).toEqual(whole());
        }),
      );
    },
  );
});

test.concurrent(
  '(I21) while Kombo sets it up it has schedules and is not read; afterwards any webhook gets it read',
  async () => {
    const later: News[][] = [
      ['integration-state-changed'],
      ['data-changed'],
      ['data-changed', 'integration-state-changed'],
    ];
    await Promise.all(
      later.map(async (news) => {
        const id = system.integration({ setupStatus: 'FINAL_SYNC_PENDING' });
        await accepted(control.announce(id, 'integration-created'));
        const parked = await eventually(async () => {
          const known = await system.known(id);
          return known?.status === 'parked' && known;
        });
        expect(parked).toMatchObject({ statusCode: 'SETUP_SYNC_PENDING', needsAttention: false });
        expect(parked.retryAt?.getTime()).toBeGreaterThan(Date.now());
        const scheduled = await eventually(
          async () => (await describeSchedule(temporal.client, id)).fullSync ?? undefined,
        );
        expect(scheduled).toMatchObject({ paused: false });
        // Webhooks are accepted meanwhile, but nothing is read.
        await send(id, 'data-changed');
        await eventually(async () => (await owed(id)).length > 0);
        expect(system.reads(id)).toEqual([]);

        control.setIntegration(id, { setupStatus: 'COMPLETED' });
        for (const one of news) await send(id, one);
        await system.settled(id);
        expect(await endOf(id)).toEqual(whole());
      }),
    );
  },
);

describe.concurrent('an integration that Kombo cannot serve', () => {
  const PARKED = [
    { status: 'INVALID', remedy: /connect it again/ },
    { status: 'INACTIVE', remedy: /Switch it on/ },
  ] as const;

  test.each(PARKED)('(I21) $status is parked with a remedy, and read in full when it is back', async (to) => {
    const id = system.integration();
    await system.firstSync(id);
    control.setIntegration(id, { status: to.status });
    await accepted(control.announce(id, 'integration-state-changed'));
    const blocked = await system.settled(id);
    expect(blocked.blocked).toMatchObject({
      code: to.status,
      message: expect.stringMatching(to.remedy) as string,
    });
    expect(await system.known(id)).toMatchObject({
      status: 'parked',
      statusCode: to.status,
      statusReason: expect.stringMatching(to.remedy) as string,
      needsAttention: true,
    });

    const reads = system.reads(id).length;
    const [user] = control.ids(id, 'lms_users') as [string];
    control.update(id, 'lms_users', user, { remote_id: 'meanwhile' });
    await accepted(control.flushWebhook(id));
    await system.settled(id);
    expect(system.reads(id)).toHaveLength(reads);
    expect(control.requests({ path: `/integrations/${encodeURIComponent(id)}` }).length).toBeGreaterThan(2);

    control.vanish(id, 'lms_skills', control.ids(id, 'lms_skills')[0]!);
    control.setIntegration(id, { status: 'ACTIVE' });
    await accepted(control.announce(id, 'integration-state-changed'));
    await system.settled(id);
    // FULL_REFRESH_INTERVAL is six hours and does not count here.
    expect(await endOf(id)).toEqual(whole(2));
  });

  test('(I21) paused outranks parked, and a resume makes the full read that it missed', async () => {
    const id = system.integration();
    await system.firstSync(id);
    control.setIntegration(id, { status: 'INVALID' });
    await accepted(control.announce(id, 'integration-state-changed'));
    await system.settled(id);
    await pauseIntegration(operator, id, 'audit');
    await accepted(control.announce(id, 'integration-state-changed'));
    await system.settled(id);
    expect(await system.known(id)).toMatchObject({ status: 'paused', statusReason: 'audit' });
    control.setIntegration(id, { status: 'ACTIVE' });
    await accepted(control.announce(id, 'integration-state-changed'));
    await system.settled(id);
    expect(await system.known(id)).toMatchObject({ status: 'paused' });
    expect(await system.fullPasses(id)).toEqual(each(1));
    await resumeIntegration(operator, id);
    await system.settled(id);
    expect(await endOf(id)).toEqual(whole(2));
  });

  test('(I21) a resume finds it parked if Kombo still cannot serve it', async () => {
    const id = system.integration();
    await system.firstSync(id);
    await pauseIntegration(operator, id, 'audit');
    control.setIntegration(id, { status: 'INACTIVE' });
    await resumeIntegration(operator, id);
    await system.settled(id);
    expect(await system.known(id)).toMatchObject({ status: 'parked', statusCode: 'INACTIVE' });
  });
});

test.concurrent('(I21) an integration whose data was stale is read in full once it is fresh', async () => {
  const id = system.integration();
  await system.firstSync(id);
  control.setIntegration(id, { dataExpiredAt: new Date() });
  await accepted(control.announce(id, 'integration-state-changed'));
  await system.settled(id);
  expect(await system.fullPasses(id)).toEqual(each(1));
  control.setIntegration(id, { dataExpiredAt: null });
  await system.tell(id, ['lms_users']);
  await system.settled(id);
  expect(await endOf(id)).toEqual(whole(2));
});

describe.concurrent('data-changed for an id that is not known', () => {
  test('(I21) is enough to add an integration that Kombo knows', async () => {
    const id = system.integration();
    await system.tell(id, ['lms_skills']);
    await system.settled(id);
    expect(await endOf(id)).toEqual(whole());
  });

  test('lists an id that Kombo does not know, until Kombo knows it', async () => {
    const id = system.integration();
    control.removeIntegration(id);
    const isUnknown = async () =>
      (await listUnknown(store, { limit: 100 })).entries.some((entry) => entry.id === id);
    await system.tell(id, ['lms_users']);
    expect(await system.settled(id)).toMatchObject({ blocked: { code: 'IntegrationGone' } });
    expect(await isUnknown()).toBe(true);
    expect(await system.known(id)).toBeUndefined();
    control.addIntegration({ id, category: 'LMS', scale: 0, records: { lms_users: 3 } });
    await system.tell(id, ['lms_users']);
    await system.settled(id);
    expect(await isUnknown()).toBe(false);
    expect(await endOf(id)).toEqual(whole());
  });
});
