import { spawn } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { Connection } from '@temporalio/client';
import { afterAll, expect, inject, test } from 'vitest';
import { SEARCH_ATTRIBUTES, syncWorkflowId } from '../../src/temporal/names.ts';
import { eventually } from '../support/poll.ts';
import { createSystem } from './setup.ts';

/** A server that asks for continue-as-new after so few events that nearly every run gets to hear it. */
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
await system.worker({ chunkMs: 0 });
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
