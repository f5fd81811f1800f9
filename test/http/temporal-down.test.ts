import { describe, expect, test } from 'vitest';
import { CLOSED_ADDRESS, dataChanged, silentServer, temporalAt, testApp } from './support.ts';

/** Senders give up after five seconds at the earliest. */
const BOUND_MS = 5_000;

describe('I1: without Temporal nothing is acknowledged, and the answer comes in time', () => {
  test.each([
    ['nobody listens', () => Promise.resolve(CLOSED_ADDRESS)],
    ['a server takes the connection and stays silent', silentServer],
  ])('when %s', { timeout: 20_000 }, async (_name, address) => {
    const { deliver, events } = await testApp({ temporal: temporalAt(await address()) });
    const startedAt = performance.now();
    const ids = ['personio:1', 'personio:1', 'personio:2', 'workday:3'];
    const responses = await Promise.all(ids.map((id) => deliver(dataChanged(id, 'hris_teams'))));
    expect(performance.now() - startedAt).toBeLessThan(BOUND_MS);
    for (const response of responses) {
      expect(response.statusCode).toBe(503);
      expect(response.json()).toMatchObject({ error: { code: 'not_accepted' } });
      expect(Number(response.headers['retry-after'])).toBeGreaterThan(0);
    }
    expect(events.map((event) => event.outcome)).toEqual(ids.map(() => 'unavailable'));
  });
});
