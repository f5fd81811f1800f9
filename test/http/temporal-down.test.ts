import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { syncWorkflowId } from '../../src/domain/names.ts';
import { createWire } from '../support/wire.ts';
import { CLOSED_ADDRESS, dataChanged, silentServer, temporalAt, testApp } from './support.ts';

/** Senders give up after five seconds at the earliest. */
const BOUND_MS = 5_000;

describe('I1: without Temporal no delivery is acknowledged, and the answer comes in time', () => {
  test.each([
    ['nothing listens', () => Promise.resolve(CLOSED_ADDRESS)],
    ['a server takes the connection and stays silent', silentServer],
  ])('when %s', { timeout: 20_000 }, async (_name, address) => {
    const { deliver, events } = await testApp({ temporal: temporalAt(await address()) });
    const startedAt = performance.now();
    const ids = ['personio:1', 'personio:1', 'personio:2', 'workday:3'];
    const responses = await Promise.all(ids.map((id) => deliver(dataChanged(id, 'hris_teams'))));
    expect(performance.now() - startedAt).toBeLessThan(BOUND_MS);
    for (const response of responses) {
      expect(response.statusCode).toBe(503);
      expect(response.json()).toMatchObject({ code: 'not_accepted' });
      expect(Number(response.headers['retry-after'])).toBeGreaterThan(0);
    }
    expect(events.map((event) => event.outcome)).toEqual(ids.map(() => 'unavailable'));
  });
});

test("once Temporal is back, the sender's retry is accepted", async () => {
  const proxy = await createWire(inject('temporalAddress'), onTestFinished);
  const temporal = temporalAt(proxy.address);
  const { deliver } = await testApp({ temporal });
  const body = dataChanged(`personio:${crypto.randomUUID()}`, 'hris_teams');
  const { integration_id: integrationId } = (JSON.parse(body) as { data: { integration_id: string } }).data;

  expect((await deliver(body)).statusCode).toBe(200);
  await proxy.cut();
  expect((await deliver(body)).statusCode).toBe(503);
  await proxy.mend();
  const deadline = Date.now() + 10_000;
  let status = 0;
  while (status !== 200 && Date.now() < deadline) status = (await deliver(body)).statusCode;
  expect(status).toBe(200);
  await temporal.client.workflow.getHandle(syncWorkflowId(integrationId)).terminate('end of the test');
});
