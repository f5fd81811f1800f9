import { spawn } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { Connection } from '@temporalio/client';
import { afterAll, expect, inject, test } from 'vitest';
import { SEARCH_ATTRIBUTES, syncWorkflowId } from '../../src/domain/names.ts';
import { eventually } from '../support/poll.ts';
import { createWire } from '../support/wire.ts';
import { createSystem, storeThrough } from './setup.ts';

/** A server that suggests continue-as-new after so few events that nearly every run sees it. */
async function startImpatientServer(): Promise<string> {
  const reserved = createServer();
  await new Promise<void>((resolve) => reserved.listen(0, '127.0.0.1', resolve));
  const { port } = reserved.address() as AddressInfo;
  await new Promise((resolve) => reserved.close(resolve));
  const labels = SEARCH_ATTRIBUTES.flatMap(({ name, type }) => [
    '--search-attribute',
    `${name}=${type === 'KEYWORD' ? 'Keyword' : 'KeywordList'}`,
  ]);
  const child = spawn(
    inject('temporalCli'),
    [
      'server',
      'start-dev',
      '--headless',
      '--ip',
      '127.0.0.1',
      '--port',
      String(port),
      '--log-level',
      'never',
      ...labels,
    ]
      .concat('--dynamic-config-value', 'limit.historyCount.suggestContinueAsNew=25')
      // Once a run has more signals, the server answers the next webhook with an error.
      .concat('--dynamic-config-value', 'history.maximumSignalsPerExecution=100')
      .concat('--dynamic-config-value', 'frontend.enableServerVersionCheck=false'),
    { stdio: 'ignore' },
  );
  const gone = new Promise((resolve) => child.once('exit', resolve));
  afterAll(async () => {
    child.kill('SIGTERM');
    await gone;
  });
  const address = `127.0.0.1:${port}`;
  const connection = await eventually(() => Connection.connect({ address, connectTimeout: '1s' }), {
    timeoutMs: 20_000,
  });
  await connection.close();
  return address;
}

const system = await createSystem({}, await startImpatientServer());
const { control, temporal } = system;
const wire = await createWire(new URL(system.store.url).host);
await system.worker({ chunkMs: 0, store: storeThrough(wire.address, system.store.url) });
await system.server();

test('(I6) webhooks across continue-as-new are never lost', { timeout: 90_000 }, async () => {
  const id = system.integration();
  await system.firstSync(id);
  const stream = async (table: string) => {
    const [record] = control.ids(id, table) as [string];
    for (let round = 0; round < 10; round += 1) {
      control.update(id, table, record, { remote_id: `v${round}` });
      expect((await control.flushWebhook(id))?.statuses ?? [200]).toEqual([200]);
      await system.arrives(id, table, record, `v${round}`);
    }
  };
  await Promise.all(['lms_users', 'lms_courses', 'lms_skills'].map(stream));
  await system.settled(id);
  const query = `WorkflowId = '${syncWorkflowId(id)}' and ExecutionStatus = 'ContinuedAsNew'`;
  expect((await temporal.client.workflow.count(query)).count).toBeGreaterThan(1);
});

test(
  '(I1) (I26) webhooks of a busy integration are accepted while Postgres is away',
  { timeout: 90_000 },
  async () => {
    const id = system.integration();
    await system.firstSync(id);
    const [user] = control.ids(id, 'lms_users') as [string];
    await wire.cut();
    control.update(id, 'lms_users', user, { remote_id: 'while it is away' });
    for (let times = 0; times < 400; times += 1) await system.tell(id, ['lms_users', `model_${times % 50}`]);
    await wire.mend();
    await system.arrives(id, 'lms_users', user, 'while it is away');
    expect(await system.settled(id)).toMatchObject({ failed: [] });
  },
);
