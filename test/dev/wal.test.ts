import { statSync } from 'node:fs';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { expect, inject, onTestFinished, test } from 'vitest';
import { Children } from '../../src/dev/processes/children.ts';
import { freePort } from '../../src/dev/processes/ports.ts';
import { startTemporalServer } from '../../src/dev/temporal/server.ts';
import { boundWal } from '../../src/dev/temporal/wal.ts';
import { eventually } from '../support/poll.ts';
import { temporaryFolder } from './support.ts';

test('the log of the development server is emptied while the server works, and nothing is lost', async () => {
  const dataDir = temporaryFolder();
  const children = new Children(dataDir);
  const server = await startTemporalServer({
    cli: inject('temporalCli'),
    dataDir,
    port: await freePort(),
    children,
  });
  onTestFinished(() => server.stop());
  const client = new Client({ connection: await Connection.connect({ address: server.address }) });
  onTestFinished(() => client.connection.close());
  const start = (number: number) =>
    client.workflow.start('any', {
      workflowId: `wal/${number}`,
      taskQueue: 'none',
      args: ['x'.repeat(20_000)],
    });
  for (let number = 0; number < 40; number += 1) await start(number);
  const database = path.join(dataDir, 'temporal.db');
  const log = () => statSync(`${database}-wal`).size;
  const before = log();
  expect(before).toBeGreaterThan(1_000_000);
  const unbound = boundWal(database, 1_000_000, 100);
  await eventually(() => log() < 1_000_000);
  await unbound();
  for (let number = 40; number < 50; number += 1) await start(number);
  for (const number of [0, 39, 49]) {
    const { status } = await client.workflow.getHandle(`wal/${number}`).describe();
    expect(status.name).toBe('RUNNING');
  }
});
