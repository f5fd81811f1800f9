import { Client } from '@temporalio/client';
import { expect, inject, onTestFinished, test } from 'vitest';
import { runCommand } from '../../src/dev/processes/command.ts';
import { cli, startCli } from './spawn.ts';
import { testTemporal, uniqueIntegrationId, uniqueTaskQueue } from '../support/temporal.ts';

const KEYS = `now:${Buffer.alloc(32, 9).toString('base64')}`;
const CODEC = { TEMPORAL_PAYLOAD_CODEC: 'aes', TEMPORAL_PAYLOAD_KEYS: KEYS };

test("Temporal's own CLI reads an encrypted history through it, and nothing without it", async () => {
  const { connection, namespace } = await testTemporal();
  Object.assign(process.env, CODEC);
  const encrypted = await testTemporal();
  onTestFinished(() => {
    for (const name of Object.keys(CODEC)) delete process.env[name];
  });
  const id = uniqueIntegrationId();
  const input = [{ integrationId: id, models: ['hris_employees'] }];
  const options = { workflowId: `full-sync/${id}`, taskQueue: uniqueTaskQueue(), args: input };
  const handle = await encrypted.client.workflow.start('fullSync', options);
  const server = startCli(['codec-server', '--port', '0', '--json'], CODEC);
  onTestFinished(async () => {
    server.kill('SIGTERM');
    await server.finished;
    await handle.terminate();
  });
  const { url } = JSON.parse(await server.printed('}')) as { url: string };
  const show = async (...more: string[]) => {
    const command = ['workflow', 'show', '--workflow-id', handle.workflowId, '--output', 'json', ...more];
    const { stdout } = await runCommand(inject('temporalCli'), [
      ...command,
      '--address',
      inject('temporalAddress'),
    ]);
    // It shows the bytes of payloads in base64, also those that it has decoded.
    const bytes = [...stdout.matchAll(/"data": "([^"]+)"/g)].map(([, data]) => Buffer.from(data!, 'base64'));
    return [stdout, ...bytes].join('\n');
  };
  const seen = await show();
  expect(seen).toContain('WORKFLOW_EXECUTION_STARTED');
  expect(seen).not.toContain('hris_employees');
  expect(await show('--codec-endpoint', url)).toContain('hris_employees');
  // A client of the same server that knows no key sees as little.
  const blind = new Client({ connection, namespace });
  const { events } = await blind.workflow.getHandle(handle.workflowId).fetchHistory();
  const [payload] = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
  expect(Buffer.from(payload!.metadata!['encoding']!).toString()).toBe('binary/encrypted');
});

test.each([
  [
    'there is nothing to decode',
    ['--port', '0'],
    {},
    1,
    /Nothing is encrypted here: set TEMPORAL_PAYLOAD_CODEC/,
  ],
  [
    'it would be open to the network',
    ['--host', '0.0.0.0', '--port', '0'],
    CODEC,
    2,
    /Set CODEC_SERVER_TOKEN/,
  ],
  ['the origin is no address', ['--origin', 'cloud'], CODEC, 2, /such as https:\/\/cloud\.temporal\.io/],
])('it does not start when %s', async (_when, args, env, code, said) => {
  const ended = await cli(['codec-server', ...args], env);
  expect(ended).toMatchObject({ code, stderr: expect.stringMatching(said) as string });
  expect(ended.stderr).not.toContain(KEYS.slice(4));
});
