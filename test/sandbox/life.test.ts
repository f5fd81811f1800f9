import { Kombo } from '@kombo-api/sdk';
import { describe, expect, test } from 'vitest';
import { DEFAULT_API_KEY, type Sandbox } from '../../sandbox/index.ts';
import { KNOWN_MODELS } from '../../src/domain/catalogue/index.ts';
import { receiver } from './receiver.ts';
import { get, IDS, readAll, testClock, testSandbox } from './support.ts';

const ID = 'personio:new';
const LMS_MODELS = [...KNOWN_MODELS].filter((name) => name.startsWith('lms_'));

async function details(sandbox: Sandbox, id = ID): Promise<Record<string, unknown>> {
  const { body } = await get(sandbox, undefined, `/integrations/${encodeURIComponent(id)}`);
  return { ...body.data };
}

async function readCode(sandbox: Sandbox, id = ID): Promise<string | undefined> {
  const { status, body } = await get(sandbox, id, '/lms/skills');
  return status === 200 ? undefined : body.error.code;
}

describe('an integration', () => {
  test('is created, set up, read, fails, is switched off and deleted', async () => {
    const clock = testClock();
    const { url, types, deliveries } = await receiver();
    const sandbox = testSandbox({ webhookUrl: url, now: clock.now, integrations: [] });
    const { control } = sandbox;
    const createdAt = new Date('2026-05-01T08:00:00.000Z');
    control.addIntegration({
      id: ID,
      category: 'LMS',
      setupStatus: 'INCOMPLETE',
      qaStatus: 'PENDING',
      createdAt,
    });
    await control.announce(ID, 'integration-created');
    expect(await details(sandbox)).toMatchObject({
      status: 'ACTIVE',
      setup_status: 'INCOMPLETE',
      created_at: createdAt.toISOString(),
    });
    expect(await readCode(sandbox)).toBe('INTEGRATION.SETUP_INCOMPLETE');

    control.setIntegration(ID, { setupStatus: 'FINAL_SYNC_PENDING' });
    expect(await details(sandbox)).toMatchObject({ setup_status: 'FINAL_SYNC_PENDING' });
    expect(await readCode(sandbox)).toBe('INTEGRATION.SETUP_SYNC_PENDING');

    control.setIntegration(ID, { setupStatus: 'COMPLETED', qaStatus: 'PASSED' });
    await control.announce(ID, 'integration-state-changed');
    await control.finishSync(ID);
    expect(await readCode(sandbox)).toBeUndefined();

    control.setIntegration(ID, { status: 'INVALID' });
    await control.announce(ID, 'integration-state-changed');
    expect(await details(sandbox)).toMatchObject({ status: 'INVALID' });
    control.setIntegration(ID, { status: 'ACTIVE' });
    control.setEnabled(ID, false);
    expect(await readCode(sandbox)).toBe('INTEGRATION.INACTIVE');
    control.setEnabled(ID, true);
    expect(await readCode(sandbox)).toBeUndefined();

    clock.advance(60_000);
    await control.announce(ID, 'integration-deleted');
    expect(await readCode(sandbox)).toBeUndefined();
    expect(deliveries.at(-1)!.json.data).toMatchObject({ id: ID, deleted_at: clock.now().toISOString() });
    control.removeIntegration(ID);
    expect(await readCode(sandbox)).toBe('PLATFORM.INTEGRATION_NOT_FOUND');
    expect(types()).toEqual([
      'integration-created',
      'integration-state-changed',
      'data-changed',
      'integration-state-changed',
      'integration-deleted',
    ]);
  });

  test('that starts in setup reports all its models once, when its first sync ends', async () => {
    const { url, deliveries } = await receiver();
    const { control } = testSandbox({ webhookUrl: url, integrations: [] });
    control.addIntegration({ id: ID, category: 'LMS', setupStatus: 'FINAL_SYNC_PENDING' });
    await control.finishSync(ID);
    await control.finishSync(ID);
    const names = deliveries.map(({ json }) => json.data['changed_models'] as { name: string }[]);
    expect(names.map((models) => models.map(({ name }) => name).toSorted())).toEqual([LMS_MODELS.toSorted()]);
  });

  test('that starts in setup does not report models without records', async () => {
    const { control } = testSandbox({ integrations: [] });
    control.addIntegration({ id: ID, category: 'LMS', scale: 0, setupStatus: 'FINAL_SYNC_PENDING' });
    expect(control.pendingModels(ID)).toEqual([]);
    const records = { lms_courses: 0, lms_course_revisions: 3, lms_skills: 0, lms_users: 0 };
    control.addIntegration({ id: 'a:b', category: 'LMS', records, setupStatus: 'INCOMPLETE' });
    const models = control.pendingModels('a:b');
    expect(models).toContain('lms_course_revisions');
    for (const empty of ['lms_courses', 'lms_skills', 'lms_users', 'lms_join_revisions_skills']) {
      expect(models).not.toContain(empty);
    }
  });

  test('that starts as an old one has no changes to report', async () => {
    expect(testSandbox().control.pendingModels(IDS.LMS)).toEqual([]);
  });

  test('can start INVALID or with failed checks', async () => {
    const sandbox = testSandbox({ integrations: [] });
    sandbox.control.addIntegration({ id: ID, category: 'LMS', status: 'INVALID', qaStatus: 'FAILED' });
    expect(await details(sandbox)).toMatchObject({ status: 'INVALID', setup_status: 'COMPLETED' });
    expect(await readCode(sandbox)).toBe('INTEGRATION.QA_FAILED');
  });

  test('that is removed and added again has a later created_at and its first records', async () => {
    const sandbox = testSandbox({ now: testClock().now, integrations: [] });
    const { control } = sandbox;
    control.addIntegration({ id: ID, category: 'LMS' });
    const first = await details(sandbox);
    const ids = control.ids(ID, 'lms_skills');
    control.create(ID, 'lms_skills', { fields: { id: 'of-the-first-life' } });
    control.tombstone(ID, 'lms_skills', ids[0]!);
    expect(() => control.addIntegration({ id: ID, category: 'LMS' })).toThrow(ID);
    control.removeIntegration(ID);
    control.addIntegration({ id: ID, category: 'LMS' });
    const second = await details(sandbox);
    expect(Date.parse(second['created_at'] as string)).toBeGreaterThan(
      Date.parse(first['created_at'] as string),
    );
    expect((await readAll(sandbox, ID, '/lms/skills')).map(({ id }) => id)).toEqual(ids);
    expect(control.pendingModels(ID)).toEqual([]);
  });
});

describe('the switch of an integration', () => {
  test('can be used by the official SDK', async () => {
    const sandbox = testSandbox();
    const server_url = await sandbox.listen();
    const kombo = new Kombo({ api_key: DEFAULT_API_KEY, integration_id: IDS.LMS, server_url });
    const status = async () => (await details(sandbox, IDS.LMS))['status'];
    const turn = (value: boolean) =>
      kombo.general.setIntegrationEnabled({ integration_id: IDS.LMS, body: { value } });
    await turn(false);
    expect(await status()).toBe('INACTIVE');
    await turn(true);
    expect(await status()).toBe('ACTIVE');
  });

  test('does not repair credentials', async () => {
    const sandbox = testSandbox();
    sandbox.control.setIntegration(IDS.LMS, { status: 'INVALID' });
    sandbox.control.setEnabled(IDS.LMS, true);
    expect(await details(sandbox, IDS.LMS)).toMatchObject({ status: 'INVALID' });
  });

  test.each([{ payload: {} }, { payload: { value: 'yes' } }, { payload: '{' }, { payload: '' }])(
    'refuses $payload',
    async ({ payload }) => {
      const sandbox = testSandbox();
      const response = await sandbox.app.inject({
        method: 'PUT',
        url: `/v1/integrations/${IDS.LMS}/enabled`,
        headers: { authorization: `Bearer ${DEFAULT_API_KEY}`, 'content-type': 'application/json' },
        payload,
      });
      expect([response.statusCode, response.json<{ error: { code: string } }>().error.code]).toEqual([
        400,
        'PLATFORM.INPUT_INVALID',
      ]);
      expect(await details(sandbox, IDS.LMS)).toMatchObject({ status: 'ACTIVE' });
    },
  );

  test('is not found if the integration does not exist', async () => {
    const response = await testSandbox().app.inject({
      method: 'PUT',
      url: '/v1/integrations/nobody/enabled',
      headers: { authorization: `Bearer ${DEFAULT_API_KEY}` },
      payload: { value: true },
    });
    expect(response.statusCode).toBe(404);
  });
});

test('expired data is reported until it is fresh again', async () => {
  const sandbox = testSandbox();
  sandbox.control.setIntegration(IDS.ATS, { dataExpiredAt: new Date('2026-05-05T00:00:00Z') });
  expect(await details(sandbox, IDS.ATS)).toMatchObject({ data_expired_at: '2026-05-05T00:00:00.000Z' });
  sandbox.control.setIntegration(IDS.ATS, { dataExpiredAt: null });
  expect(await details(sandbox, IDS.ATS)).toMatchObject({ data_expired_at: null });
});
