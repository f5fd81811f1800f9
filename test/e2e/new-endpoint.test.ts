import { beforeAll, expect, inject, test, vi } from 'vitest';
import { createTestStore } from '../support/database.ts';
import { eventually } from '../support/poll.ts';
import { testTemporal, uniqueIntegrationId, uniqueTaskQueue } from '../support/temporal.ts';
import { copySources } from './sources.ts';

// Each command is a process of its own, which is slow on a busy machine.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });

/** All that you write for a new endpoint: a model of its own, a nested one, a copied one. */
const ENTRY = `  defineEndpoint({
    path: '/hris/payrolls',
    models: { hris_payrolls: 'own', hris_payroll_lines: 'delta', hris_employees: 'delta' },
    fields: {
      remote_id: 'text',
      employee_id: 'text',
      name: 'text',
      paid_at: 'timestamptz',
      net_amount: 'numeric',
      final: 'boolean',
      employee: 'jsonb',
      lines: 'jsonb',
    },
  }),
`;

/** The sandbox as a process of its own; its control interface is reached over HTTP. */
const SANDBOX = `import { createSandbox } from './sandbox/index.ts';
process.stdout.write((await createSandbox({ integrations: [] }).listen()) + '\\n');
`;

const PATH = '/hris/payrolls';
const TABLE = 'hris_payrolls';
const ID = uniqueIntegrationId();
const store = await createTestStore();
const temporal = await testTemporal();
// Schedules and runs would outlive this file on a shared server.
const { start, cli, write } = copySources(ENTRY, async () => {
  const { schedule, workflow } = temporal.client;
  await Promise.allSettled([
    schedule.getHandle(`full-sync/${ID}`).delete(),
    workflow.getHandle(`sync/${ID}`).terminate(),
  ]);
});
let env: Record<string, string> = {
  DATABASE_URL: store.url,
  TEMPORAL_ADDRESS: inject('temporalAddress'),
  TASK_QUEUE: uniqueTaskQueue(),
};
let sandboxUrl = '';
let [changed, deleted, created] = ['', '', ''];

interface Payroll {
  id: string;
  employee_id: string;
  employee: { id: string; first_name: string };
  net_amount: string;
  final: boolean;
  lines: unknown[];
  raw: Record<string, unknown>;
  deleted_at: Date | null;
}

beforeAll(async () => {
  write('sandbox-process.ts', SANDBOX);
  const [sandbox] = await Promise.all([start(env, 'sandbox-process.ts').printed('\n'), cli(env, 'setup')]);
  sandboxUrl = sandbox.trim();
  env = {
    ...env,
    KOMBO_API_URL: sandboxUrl,
    KOMBO_API_KEY: 'ks_dev_sandbox',
    KOMBO_WEBHOOK_SECRETS: 'whsec_sandbox',
    HOST: '127.0.0.1',
    PORT: '0',
    CATCH_UP_INTERVAL: 'off',
    DEBOUNCE_QUIET: '100ms',
  };
  const [serve, worker] = [start(env, 'src/cli/main.ts', 'serve'), start(env, 'src/cli/main.ts', 'worker')];
  const { url } = JSON.parse(await serve.printed('\n')) as { url: string };
  await control('setWebhookUrl', { url: `${url}/webhooks/kombo` });
  await worker.printed('\n');
});

async function control<T = unknown>(method: string, body: object): Promise<T> {
  const response = await fetch(new URL(`/__control/${method}`, sandboxUrl), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const answer = (await response.json()) as { result: T; error?: string };
  if (answer.error !== undefined) throw new Error(answer.error);
  return answer.result;
}

/** Sends the changes. @returns the models that it named. */
async function flush(): Promise<string[]> {
  const { statuses, body } = await control<{ statuses: number[]; body: string }>('flushWebhook', {
    integration: ID,
  });
  expect(statuses).toEqual([200]);
  const { data } = JSON.parse(body) as { data: { changed_models: { name: string }[] } };
  return data.changed_models.map(({ name }) => name);
}

async function rows(): Promise<Map<string, Payroll>> {
  const found = await store.pool.query<Payroll>(`select * from kombo.${TABLE} where integration_id = $1`, [
    ID,
  ]);
  return new Map(found.rows.map((row) => [row.id, row]));
}

const snapshot = () =>
  control<Record<string, Record<string, unknown>>>('snapshot', { integration: ID, table: TABLE });

/** Waits until the table holds what the sandbox shows. */
async function equal(): Promise<Map<string, Payroll>> {
  const shown = await snapshot();
  return eventually(
    async () => {
      const copied = await rows();
      expect(Object.fromEntries([...copied].map(([id, { raw }]) => [id, raw]))).toEqual(shown);
      return copied;
    },
    { timeoutMs: 30_000, everyMs: 100 },
  );
}

// A record's way from a new catalogue entry to the change feed. The tests build on each other.

test('it is read in full, and its columns match the records', async () => {
  const records = { [TABLE]: 5, hris_employees: 3 };
  await control('addIntegration', { id: ID, category: 'HRIS', scale: 0, records });
  await control('announce', { integration: ID, event: 'integration-created' });
  const payrolls = await equal();
  expect(payrolls.size).toBe(5);
  for (const { raw, net_amount, ...row } of payrolls.values()) {
    expect(net_amount === null ? null : Number(net_amount)).toBe(raw['net_amount']);
    expect(row).toMatchObject({ employee_id: raw['employee_id'], final: raw['final'], name: raw['name'] });
    expect(row.employee).toMatchObject({ id: row.employee_id, first_name: expect.any(String) as string });
  }
  expect([...payrolls.values()].flatMap(({ lines }) => lines)).toHaveLength(10);
});

test('a webhook that names its model brings what was created, changed and deleted', async () => {
  [changed = '', deleted = ''] = await control<string[]>('ids', { integration: ID, table: TABLE });
  [created = ''] = await control<string[]>('create', { integration: ID, table: TABLE });
  await control('update', { integration: ID, table: TABLE, ids: changed, fields: { net_amount: 1234.5 } });
  await control('tombstone', { integration: ID, table: TABLE, ids: deleted });
  expect(await flush()).toEqual([TABLE]);
  const payrolls = await equal();
  expect(payrolls.get(changed)).toMatchObject({ net_amount: '1234.5', deleted_at: null });
  expect(payrolls.get(deleted)?.deleted_at).toBeInstanceOf(Date);
  expect(payrolls.get(created)).toMatchObject({ deleted_at: null });
});

test('a webhook about a nested part or a nested record of another table makes a read of it', async () => {
  const line = { integration: ID, table: TABLE, id: changed, model: 'hris_payroll_lines' };
  await control('updateNested', line);
  expect(await flush()).toEqual(['hris_payroll_lines']);
  await equal();
  const { employee_id } = (await equal()).get(changed)!;
  const fields = { first_name: 'Zed' };
  await control('update', { integration: ID, table: 'hris_employees', ids: employee_id, fields });
  expect(await flush()).toEqual(['hris_employees']);
  expect((await equal()).get(changed)!.employee).toEqual(expect.objectContaining(fields));
});

test('the change feed and `status` show it, after one full pass', async () => {
  const [{ changes }, { endpoints }] = await Promise.all([
    cli<{ changes: { id: string; op: string }[] }>(env, 'changes', '--table', TABLE),
    cli<{ endpoints: { endpoint: string }[] }>(env, 'status', ID),
  ]);
  const first = changes.slice(0, 5).map(({ op }) => op);
  expect(first).toEqual(Array(5).fill('created'));
  const rest = changes.slice(5).map(({ op, id }) => `${op} ${id}`);
  expect(rest.slice(0, 3).toSorted()).toEqual(
    [`created ${created}`, `deleted ${deleted}`, `updated ${changed}`].toSorted(),
  );
  expect(rest.slice(3)).toContain(`updated ${changed}`);
  expect(endpoints).toContainEqual(
    expect.objectContaining({ endpoint: PATH, liveRows: 5, watermark: expect.any(String) as string }),
  );
  const reads = await control<{ query: object }[]>('requests', { integrationId: ID, path: PATH });
  const [full, ...deltas] = reads.filter(({ query }) => !('ids' in query));
  expect(full!.query).not.toHaveProperty('updated_after');
  expect(deltas.length).toBeGreaterThanOrEqual(3);
  for (const { query } of deltas) expect(query).toHaveProperty('updated_after');
});
