import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { parseSince } from '../../src/cli/support/options.ts';
import { fullSyncBody, fullSyncsBody } from '../../src/http/api/schemas/acts.ts';
import { createKomboClient } from '../../src/kombo/client.ts';
import { Secret } from '../../src/secret.ts';
import { fullSyncWorkflowId } from '../../src/domain/names.ts';
import { startFullSync } from '../../src/temporal/start.ts';
import { useTimeZone } from '../support/time-zone.ts';
import { createSystem } from './setup.ts';

// Times without an offset are UTC, wherever the process runs.
useTimeZone('America/New_York');

const system = await createSystem();
const { client } = system.temporal;
const config = system.config;
await system.worker();
await system.server();

const SINCE = '2026-01-01T10:00:00';
const MOMENT = '2026-01-01T10:00:00.000Z';

test('the command line and the admin API take a time without an offset as UTC', () => {
  expect(parseSince(SINCE)).toBe(MOMENT);
  expect(parseSince('2026-01-01')).toBe('2026-01-01T00:00:00.000Z');
  expect(parseSince('2026-01-01T10:00:00-05:00')).toBe('2026-01-01T15:00:00.000Z');
  for (const body of [fullSyncBody, fullSyncsBody]) {
    expect(body.parse({ since: SINCE })).toEqual({ since: MOMENT });
    expect(body.parse({ since: '2026-01-01' })).toEqual({ since: '2026-01-01T00:00:00.000Z' });
    expect(body.safeParse({ since: '2026-02-31' }).success).toBe(false);
  }
});

test.each([SINCE, '2026-01-01 10:00', '2026-01-01T12:00+02'])(
  'a workflow takes since %s as UTC',
  async (since) => {
    const id = system.integration();
    await system.firstSync(id);
    const { handle } = await startFullSync(client, config, { integrationId: id, since });
    expect(await handle.result()).toMatchObject({ status: 'completed' });
    const { rows } = await system.store.pool.query<{ updated_after: Date }>(
      `select distinct updated_after from kombo_sync.passes where integration_id = $1 and workflow_id = $2`,
      [id, fullSyncWorkflowId(id)],
    );
    expect(rows.map((row) => row.updated_after.toISOString())).toEqual([MOMENT]);
  },
);

test('times of an integration at Kombo are UTC too', async () => {
  const data = {
    id: 'x:1',
    tool: { id: 'x' },
    category: 'HRIS',
    created_at: SINCE,
    data_expired_at: '2026-01-01T10:00:00+02:00',
  };
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ status: 'success', data }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const kombo = createKomboClient({ baseUrl: `http://127.0.0.1:${port}`, apiKey: new Secret('ks_test') });
  expect(await kombo.getIntegration('x:1')).toMatchObject({
    createdAt: new Date(MOMENT),
    dataExpiredAt: new Date('2026-01-01T08:00:00Z'),
  });
});
