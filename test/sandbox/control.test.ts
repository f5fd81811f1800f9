import { describe, expect, test } from 'vitest';
import { receiver } from './receiver.ts';
import { get, IDS, readAll, testClock, testSandbox } from './support.ts';

const TABLE = 'ats_tags';
const DELETED_TOO = { include_deleted: 'true' };

describe('records', () => {
  test('are created with the given fields, and can be found by their id', async () => {
    const sandbox = testSandbox();
    const fields = { id: 'my-own-id', name: 'Astronaut', surprise: { nested: [1] } };
    expect(sandbox.control.create(IDS.ATS, TABLE, { fields })).toEqual(['my-own-id']);
    const rows = await readAll(sandbox, IDS.ATS, '/ats/tags', { ids: 'my-own-id' });
    expect(rows).toMatchObject([fields]);
  });

  test('change in content and changed_at by an update without fields', async () => {
    const clock = testClock();
    const { control } = testSandbox({ now: clock.now });
    const [id] = control.ids(IDS.ATS, 'ats_applications');
    const before = control.snapshot(IDS.ATS, 'ats_applications').get(id!)!;
    control.update(IDS.ATS, 'ats_applications', id!);
    const after = control.snapshot(IDS.ATS, 'ats_applications').get(id!)!;
    expect(after['changed_at']).toBe('2026-06-01T12:00:00.000Z');
    expect(after['current_stage_id']).not.toBe(before['current_stage_id']);
    expect(after['candidate_id']).toBe(before['candidate_id']);
  });

  test('become tombstones, come back, are emptied, or vanish without a trace', async () => {
    const clock = testClock();
    const sandbox = testSandbox({ now: clock.now });
    const { control } = sandbox;
    const [id] = control.ids(IDS.ATS, TABLE);
    const row = async () => (await readAll(sandbox, IDS.ATS, '/ats/tags', { ...DELETED_TOO, ids: id! }))[0];
    control.tombstone(IDS.ATS, TABLE, id!);
    expect(await row()).toMatchObject({
      name: expect.any(String),
      remote_deleted_at: clock.now().toISOString(),
    });
    control.restore(IDS.ATS, TABLE, id!);
    expect(await row()).toMatchObject({ remote_deleted_at: null });
    clock.advance(1000);
    control.empty(IDS.ATS, TABLE, id!);
    const at = clock.now().toISOString();
    expect(await row()).toEqual({
      id,
      remote_id: null,
      name: null,
      remote_data: null,
      changed_at: at,
      remote_deleted_at: at,
    });
    await control.flushWebhook(IDS.ATS, { lose: true });
    control.vanish(IDS.ATS, TABLE, id!);
    expect(control.pendingModels(IDS.ATS)).toEqual([]);
    expect(await row()).toBeUndefined();
    expect(control.snapshot(IDS.ATS, TABLE).has(id!)).toBe(false);
    control.restore(IDS.ATS, TABLE, id!);
    expect(await row()).toMatchObject({ name: expect.any(String) });
  });

  test('can be any text', async () => {
    const sandbox = testSandbox();
    const [id] = sandbox.control.ids(IDS.ATS, TABLE);
    const text = `{"id":"${id}","name":"a\\u0000b \\ud800","n":12345678901234567890,"n":1.0,  "x":[]}`;
    sandbox.control.setRaw(IDS.ATS, TABLE, id!, text);
    expect((await get(sandbox, IDS.ATS, '/ats/tags', { ids: id! })).text).toBe(
      `{"status":"success","data":{"next":null,"results":[${text}]}}`,
    );
  });
});

describe('models', () => {
  test('have only tombstones while switched off; these records come back when switched on', async () => {
    const clock = testClock();
    const sandbox = testSandbox({ now: clock.now });
    const { control } = sandbox;
    const ids = control.ids(IDS.ATS, TABLE);
    control.tombstone(IDS.ATS, TABLE, ids[0]!);
    clock.advance(1000);
    control.switchModel(IDS.ATS, TABLE, false);
    expect(await readAll(sandbox, IDS.ATS, '/ats/tags')).toEqual([]);
    expect(await readAll(sandbox, IDS.ATS, '/ats/tags', DELETED_TOO)).toHaveLength(ids.length);
    clock.advance(1000);
    control.switchModel(IDS.ATS, TABLE, true);
    expect(control.ids(IDS.ATS, TABLE)).toEqual(ids.slice(1));
  });

  test.each([
    'INTEGRATION.MODEL_NOT_AVAILABLE',
    'INTEGRATION.MODEL_DISABLED',
    'INTEGRATION.PERMISSION_MISSING',
  ] as const)('cannot be read: %s', async (problem) => {
    const sandbox = testSandbox();
    sandbox.control.setModelProblem(IDS.HRIS, 'hris_groups', problem);
    for (const path of ['/hris/groups', '/hris/teams']) {
      const answer = await get(sandbox, IDS.HRIS, path);
      expect([answer.status, answer.body.error.code]).toEqual([403, problem]);
    }
    expect((await get(sandbox, IDS.HRIS, '/hris/employees')).status).toBe(200);
    sandbox.control.setModelProblem(IDS.HRIS, 'hris_groups', null);
    expect((await get(sandbox, IDS.HRIS, '/hris/groups')).status).toBe(200);
  });
});

describe('a saved state', () => {
  test('lets a sandbox continue where the last one stopped', () => {
    const before = testSandbox({ seed: 3 });
    const [first, second, third] = before.control.ids(IDS.ATS, 'ats_applications');
    const [candidate] = before.control.ids(IDS.ATS, 'ats_candidates', { offset: 50 });
    before.control.update(IDS.ATS, 'ats_applications', first!, { candidate_id: candidate, outcome: 'HIRED' });
    before.control.tombstone(IDS.ATS, 'ats_applications', second!);
    before.control.move(IDS.ATS, 'ats_applications', third!, 'first');
    before.control.create(IDS.ATS, 'ats_applications', { fields: { id: 'mine' } });
    before.control.switchModel(IDS.LMS, 'lms_skills', false);
    before.control.setIntegration(IDS.HRIS, { dataExpiredAt: new Date() });
    const after = testSandbox({ seed: 3, savedState: before.control.saveState() });
    for (const table of ['ats_applications', 'ats_candidates']) {
      const records = [before, after].map(({ control }) => [...control.snapshot(IDS.ATS, table)]);
      expect(records[1]).toEqual(records[0]);
    }
    expect(after.control.pendingModels(IDS.ATS)).toEqual(['ats_applications']);
    after.control.switchModel(IDS.LMS, 'lms_skills', true);
    expect(after.control.ids(IDS.LMS, 'lms_skills')).toHaveLength(10);
    expect(after.control.saveState()).toContain('"dataExpiredAt":"2');
  });

  test('keeps the subscription, the open sync and the used ids', async () => {
    const clock = testClock();
    const { url, deliveries } = await receiver();
    const before = testSandbox({ webhookUrl: url, now: clock.now });
    before.control.subscribe(['sync-finished', 'data-changed']);
    before.control.addIntegration({
      id: 'tool:new',
      category: 'LMS',
      status: 'INVALID',
      setupStatus: 'FINAL_SYNC_PENDING',
      qaStatus: 'PENDING',
      createdAt: new Date('2026-05-01T00:00:00.000Z'),
    });
    await before.control.finishSync(IDS.LMS);
    before.control.create(IDS.ATS, TABLE);
    const savedState = before.control.saveState();
    clock.advance(600_000);
    const after = testSandbox({ webhookUrl: url, now: clock.now, savedState });
    expect(after.control.subscription()).toEqual(['data-changed', 'sync-finished']);
    expect(after.control.pendingModels('tool:new')).toEqual(before.control.pendingModels('tool:new'));
    const details = await get(after, undefined, '/integrations/tool:new');
    expect(details.body.data).toMatchObject({
      status: 'INVALID',
      setup_status: 'FINAL_SYNC_PENDING',
      created_at: '2026-05-01T00:00:00.000Z',
    });
    await after.control.finishSync(IDS.ATS);
    expect(deliveries[1]!.json.data).toMatchObject({ sync_duration_seconds: 601 });
    expect(new Set(deliveries.map(({ json }) => json.id)).size).toBe(3);
    expect(new Set(deliveries.map(({ json }) => json.data['sync_id'] ?? 'none')).size).toBe(3);
  });

  test('holds only changes', () => {
    const { control } = testSandbox();
    control.ids(IDS.ATS, 'ats_users');
    control.create(IDS.ATS, TABLE);
    const { integrations } = JSON.parse(control.saveState()) as { integrations: { tables: object }[] };
    expect(integrations.flatMap(({ tables }) => Object.keys(tables))).toContain(TABLE);
    expect(integrations.flatMap(({ tables }) => Object.keys(tables))).not.toContain('ats_users');
  });

  test('is refused if its seed is another one', () => {
    const savedState = testSandbox({ seed: 1 }).control.saveState();
    expect(() => testSandbox({ seed: 2, savedState })).toThrow('seed');
  });
});
