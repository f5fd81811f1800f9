import { beforeAll, describe, expect, test } from 'vitest';
import { setIntegration } from '../../src/operations/choose.ts';
import { countNotChosen, eraseNotChosen } from '../../src/operations/erase-not-chosen.ts';
import { addIntegration } from '../../src/operations/integrations.ts';
import { fullSync, syncNow } from '../../src/operations/syncs.ts';
import { recount } from '../../src/store/records/row-counts.ts';
import { findOverview } from '../../src/store/reports/overview.ts';
import type { SyncResult } from '../../src/domain/sync.ts';
import { eventually } from '../support/poll.ts';
import { accepted, createSystem } from './setup.ts';

const MODELS = ['hris_employees', 'hris_groups'];
const CHOSEN = ['/hris/employees', '/hris/groups'];
const ABSENCES = '/hris/absences';

const system = await createSystem({
  MODELS: `${MODELS.join(',')},hris_absences,lms_*`,
  EXCLUDE_MODELS: 'lms_skills',
});
const { control, operator, store, temporal } = system;

beforeAll(async () => {
  await system.worker();
  await system.server();
});

const integration = (records: Record<string, number> = {}) =>
  system.integration({
    category: 'HRIS',
    records: { hris_employees: 6, hris_groups: 3, hris_absences: 4, hris_locations: 2, ...records },
  });

const result = ({ workflowId, runId }: { workflowId: string; runId: string }): Promise<SyncResult> =>
  temporal.client.workflow.getHandle(workflowId, runId).result() as Promise<SyncResult>;

/** Added without its first sync, so that the choice comes first. */
async function added(models: string[], records?: Record<string, number>): Promise<string> {
  const id = integration(records);
  await addIntegration(operator, id, { sync: false });
  await setIntegration(operator, id, { models });
  return id;
}

const asked = (id: string) => [...new Set(system.reads(id))].sort();
const rowsOf = async (id: string, table: string) => {
  const { rows } = await store.pool.query<{ count: number }>(
    `select count(*)::int as count from kombo.${table} where integration_id = $1`,
    [id],
  );
  return rows[0]!.count;
};

describe.concurrent('(I30) an integration with two chosen models', () => {
  test('is read by every kind of sync, and Kombo is only asked for these', async () => {
    const id = await added(MODELS);
    const first = await result(await fullSync(operator, id, {}));
    expect(first).toMatchObject({ status: 'completed', failed: [] });
    expect(first.endpoints[ABSENCES]).toMatchObject({ status: 'skipped', reason: { code: 'NOT_CHOSEN' } });
    expect(first.endpoints['/hris/locations']?.reason?.message).toContain('by the settings');
    await system.tell(id, ['hris_absences', 'hris_payslips']);
    expect(await system.settled(id)).toMatchObject({
      status: 'completed',
      counts: { pages: 0 },
      unknownModels: [],
    });
    await system.tell(id, ['hris_absences', 'hris_teams']);
    expect((await system.settled(id)).quiet).toEqual(['/hris/groups']);
    // Like the catch-up.
    await result(await syncNow(operator, id, {}));
    await result(await fullSync(operator, id, {}));
    expect(asked(id)).toEqual(CHOSEN);
    expect(await rowsOf(id, 'hris_employees')).toBe(6);
    expect(await rowsOf(id, 'hris_absences')).toBe(0);
    expect(await findOverview(store, id, system.config)).toMatchObject({
      freshAsOf: expect.any(Date) as Date,
      lastFullAt: expect.any(Date) as Date,
      failedEndpoints: [],
    });
    await expect(fullSync(operator, id, { models: ['hris_absences'] })).rejects.toMatchObject({
      code: 'not_chosen',
      message: expect.stringContaining(`integrations set ${id} --models`) as string,
    });
    await expect(syncNow(operator, id, { models: ['hris_locations'] })).rejects.toMatchObject({
      code: 'not_chosen',
      message: expect.stringContaining('Change MODELS or EXCLUDE_MODELS') as string,
    });
  });

  test('reads one more model in full once you choose it, and again after it was left out for a while', async () => {
    const id = await added(MODELS);
    await result(await fullSync(operator, id, {}));
    const done = await setIntegration(operator, id, { models: [...MODELS, 'hris_absences'] });
    expect(done).toMatchObject({
      changed: true,
      read: [...CHOSEN, ABSENCES],
    });
    expect(await result(done.sync!)).toMatchObject({
      endpoints: { [ABSENCES]: { kind: 'full', status: 'completed' } },
    });
    expect(await rowsOf(id, 'hris_absences')).toBe(4);

    const narrowed = await setIntegration(operator, id, { models: MODELS });
    expect(narrowed).toMatchObject({ sync: null, erased: null });
    expect(await rowsOf(id, 'hris_absences')).toBe(4);
    control.vanish(id, 'hris_absences', control.ids(id, 'hris_absences').slice(0, 1));
    const before = system.reads(id).length;
    await result(await syncNow(operator, id, {}));
    expect(system.reads(id).slice(before)).not.toContain(ABSENCES);
    const again = await setIntegration(operator, id, { models: null });
    await result(again.sync!);
    const { rows } = await store.pool.query(
      'select id from kombo.hris_absences where integration_id = $1 and deleted_at is null',
      [id],
    );
    expect(rows).toHaveLength(3);
    expect((await system.debts(id)).get(ABSENCES)).toBeUndefined();
  });

  test('stops writing a model that you leave out during its read, and erases it', async () => {
    const id = await added([...MODELS, 'hris_absences'], { hris_absences: 900 });
    control.addFault({ kind: 'delay', integration: id, endpoint: ABSENCES, ms: 400, count: 'always' });
    const running = await fullSync(operator, id, {});
    await eventually(async () => (await rowsOf(id, 'hris_absences')) > 0);
    await setIntegration(operator, id, { models: MODELS });
    const rows = await rowsOf(id, 'hris_absences');
    expect(await result(running)).toMatchObject({
      status: 'completed',
      endpoints: { [ABSENCES]: { status: 'skipped', reason: { code: 'NOT_CHOSEN' } } },
    });
    expect(await rowsOf(id, 'hris_absences')).toBe(rows);
    expect(rows).toBeLessThan(900);

    const { erased } = await setIntegration(operator, id, { erase: true });
    expect(erased).toEqual([{ table: 'hris_absences', rows }]);
    expect(await rowsOf(id, 'hris_absences')).toBe(0);
    const { rows: changes } = await store.pool.query(
      `select from kombo_sync.changes where integration_id = $1 and table_name = 'hris_absences' and op = 'erased'`,
      [id],
    );
    expect(changes).toHaveLength(rows);
    // Chosen again, it is read from the start.
    control.clearFaults();
    const again = await setIntegration(operator, id, { models: null });
    expect(await result(again.sync!)).toMatchObject({ endpoints: { [ABSENCES]: { kind: 'full' } } });
    expect(await rowsOf(id, 'hris_absences')).toBe(900);
  });
});

test('what the settings leave out is erased for all integrations at once', async () => {
  const id = system.integration();
  await addIntegration(operator, id, { sync: false });
  await store.pool.query(
    `insert into kombo.lms_skills (integration_id, id, raw, observed_at, asked_seq, arrived_seq)
     select $1, 'a', '{"id":"a"}', now(), 1, 1`,
    [id],
  );
  await recount(store, id, 'lms_skills');
  await accepted(system.tell(id, ['lms_skills']).then(() => undefined));
  await system.settled(id);
  expect(await countNotChosen(operator)).toEqual([{ table: 'lms_skills', rows: 1 }]);
  expect(await eraseNotChosen(operator)).toEqual([{ table: 'lms_skills', rows: 1 }]);
  expect(await rowsOf(id, 'lms_skills')).toBe(0);
  expect(await rowsOf(id, 'lms_users')).toBe(20);
});
