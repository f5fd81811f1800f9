import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { fullSyncWorkflowId, syncWorkflowId } from '../../src/domain/names.ts';
import { fieldsOf } from '../../src/kombo/fields.ts';
import { purgeFields, setUpFields } from '../../src/operations/fields.ts';
import { startFullSync } from '../../src/temporal/start.ts';
import { eventually } from '../support/poll.ts';
import { createSystem } from './setup.ts';

const system = await createSystem();
const { control, environment, store, temporal } = system;
const settings = (exclude: string) => {
  const config = loadConfig({ ...environment, EXCLUDE_FIELDS: exclude, RETRY_INTERVAL: '1s' });
  return { config, store, fields: fieldsOf(config) };
};
const ALL = settings('');
const CHOSEN = settings('lms_users.work_email');
const SECRET = 'SECRET@example.com';

/** Counts traces in all rows and histories of the integration. */
async function traces(id: string): Promise<number> {
  const { rows } = await store.pool.query<{ found: number }>(
    `select (select count(*) from kombo.lms_users t where integration_id = $1 and t::text like '%SECRET%')
       + (select count(*) from kombo.lms_course_progressions t where integration_id = $1 and t::text like '%SECRET%') as found`,
    [id],
  );
  return rows[0]!.found;
}

async function histories(id: string): Promise<string> {
  const texts: string[] = [];
  for await (const { workflowId, runId } of temporal.client.workflow.list({
    query: `WorkflowId in ('${syncWorkflowId(id)}', '${fullSyncWorkflowId(id)}')`,
  })) {
    const { events } = await temporal.client.workflow.getHandle(workflowId, runId).fetchHistory();
    texts.push(
      JSON.stringify(events, (_key, value: unknown) => (Buffer.isBuffer(value) ? value.toString() : value)),
    );
    for (const event of events ?? []) {
      const attributes = event.activityTaskCompletedEventAttributes?.result?.payloads ?? [];
      texts.push(...attributes.map(({ data }) => Buffer.from(data ?? []).toString()));
    }
  }
  return texts.join('\n');
}

test(
  '(I29) after the choice changes during a sync, no excluded value is written, and a purge finds the rest',
  { timeout: 120_000 },
  async () => {
    await setUpFields(ALL);
    const id = system.integration({ records: { lms_users: 1_500, lms_course_progressions: 40 } });
    control.update(id, 'lms_users', control.ids(id, 'lms_users'), { work_email: SECRET });
    const old = await system.worker({ config: ALL.config });
    // The fourth page waits until the choice has changed.
    control.addFault({ kind: 'delay', ms: 1_500, integration: id, endpoint: '/lms/users', nth: 4 });
    const { handle } = await startFullSync(temporal.client, ALL.config, {
      integrationId: id,
      models: ['lms_users', 'lms_course_progressions'],
      trigger: 'initial',
    });
    await eventually(async () => (await traces(id)) > 0);
    await setUpFields(CHOSEN);
    const before = await traces(id);
    // The old worker still tries, and is refused.
    await eventually(
      async () => (await system.debts(id)).get('/lms/users')?.full?.failure?.code === 'OtherFields',
    );
    expect(await traces(id)).toBe(before);
    await old.stop();
    await system.worker({ config: CHOSEN.config });
    expect(await handle.result()).toMatchObject({ status: 'completed' });
    await eventually(async () => (await system.debts(id)).size === 0);
    expect(await traces(id)).toBeLessThanOrEqual(before);
    await purgeFields({ ...CHOSEN, actor: { name: 'tester', source: 'cli', address: null } });
    expect(await traces(id)).toBe(0);
    const { rows } = await store.pool.query<{ rows: number; names: number }>(
      'select count(*)::int as rows, count(first_name)::int as names from kombo.lms_users where integration_id = $1',
      [id],
    );
    expect(rows[0]).toMatchObject({ rows: 1_500 });
    expect(rows[0]!.names).toBeGreaterThan(1_000);
    expect(await histories(id)).toContain('/lms/users');
    expect(await histories(id)).not.toContain('SECRET');
  },
);

test('(I29) a change of an excluded field is not a change for the feed, and everything else arrives', async () => {
  await setUpFields(CHOSEN);
  const id = system.integration();
  await system.server();
  await system.firstSync(id);
  const changes = async () =>
    (await store.pool.query('select from kombo_sync.changes where integration_id = $1', [id])).rowCount;
  const before = await changes();
  const [one, two] = control.ids(id, 'lms_users') as [string, string];
  control.update(id, 'lms_users', one, { work_email: SECRET });
  control.update(id, 'lms_users', two, { remote_id: 'moved' });
  await control.flushWebhook(id);
  await system.arrives(id, 'lms_users', two, 'moved');
  expect(await changes()).toBe(before! + 1);
  expect(await traces(id)).toBe(0);
});
