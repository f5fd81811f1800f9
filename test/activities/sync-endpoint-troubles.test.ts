import { CancelledFailure } from '@temporalio/common';
import type { MockActivityEnvironment } from '@temporalio/testing';
import { describe, expect, test } from 'vitest';
import { eventually } from '../support/poll.ts';
import { afterPage, createWorkbench, environment, failure, pass, run } from './setup.ts';

const bench = await createWorkbench();
const { control } = bench;
/** Three pages: 250, 250 and 100. */
const JOBS = { records: { ats_jobs: 600 } };

function shutDown(env: MockActivityEnvironment): void {
  env.cancel('WORKER_SHUTDOWN', { workerShutdown: true } as NonNullable<Parameters<typeof env.cancel>[1]>);
}

describe('troubles', () => {
  test.each([
    { kind: 'unavailable' },
    { kind: 'truncate' },
    { kind: 'reset' },
    { kind: 'rate-limit', retryAfter: 0 },
  ] as const)('$kind on the way is waited out within the activity', async (fault) => {
    const id = await bench.integration(JOBS);
    control.addFault({ ...fault, integration: id, nth: 2 });
    const result = await run(bench.activities().syncEndpoint, pass(id));
    expect(result.counts).toMatchObject({ pages: 3, created: 600 });
    expect(bench.queries(id)).toHaveLength(4);
  });

  test.each([
    [{ kind: 'unavailable' }, 'Unavailable', /HTTP 503/],
    [{ kind: 'truncate' }, 'Unavailable', /not whole/],
    [{ kind: 'reset' }, 'Unavailable', /cannot be reached/],
    [{ kind: 'stall' }, 'Unavailable', /did not answer \/ats\/jobs within 0\.6 s/],
    [
      { kind: 'status', status: 409, contentType: 'application/json', body: '{"error":{"code":"PLATF' },
      'Unavailable',
      /not whole/,
    ],
    [{ kind: 'status', status: 418 }, 'RequestRejected', /HTTP 418/],
    [{ kind: 'error', code: 'A\0\ud800', status: 409 }, 'RequestRejected', /HTTP 409/],
    [{ kind: 'error', code: 'PLATFORM.AUTHENTICATION_INVALID' }, 'AccessDenied', /KOMBO_API_KEY/],
    [{ kind: 'error', code: 'INTEGRATION.AUTHENTICATION_INVALID' }, 'IntegrationParked', /dashboard/],
    [{ kind: 'error', code: 'INTEGRATION.PERMISSION_MISSING' }, 'EndpointDisabled', /scope/],
    [{ kind: 'error', code: 'PLATFORM.INTEGRATION_NOT_FOUND' }, 'IntegrationGone', /does not know/],
  ] as const)('(I10) %j that stays is %s and says so', async (fault, errorClass, message) => {
    const id = await bench.integration(JOBS);
    control.addFault({ ...fault, integration: id, count: 'always' });
    const { syncEndpoint } = bench.activities({ timeoutMs: 600 });
    expect(await run(syncEndpoint, pass(id))).toMatchObject({
      state: errorClass === 'EndpointDisabled' ? 'skipped' : 'failed',
      reason: { message: expect.stringMatching(message) as string },
    });
    expect(await bench.debts(id)).toMatchObject({ delta: { failure: { errorClass } } });
  });

  test('a long Retry-After is left to the workflow, so that the slot is free, and is not a failure', async () => {
    const id = await bench.integration(JOBS);
    control.addFault({ kind: 'rate-limit', retryAfter: 42, integration: id });
    const input = pass(id);
    expect(await run(bench.activities().syncEndpoint, input)).toMatchObject({
      state: 'waits',
      waitMs: 42_000,
      tries: 0,
      reason: { code: expect.stringMatching(/RATE_LIMIT|RateLimited/) as string },
    });
    expect(bench.queries(id)).toHaveLength(1);
    expect(await bench.debts(id)).toEqual({});
    expect((await bench.passes(id))[0]).toMatchObject({
      state: 'running',
      waits_until: expect.any(Date) as Date,
    });
    expect(await run(bench.activities().syncEndpoint, input)).toMatchObject({ state: 'completed' });
  });

  test('a request that hangs is given up once, and not tried again at once', async () => {
    const id = await bench.integration(JOBS);
    control.addFault({ kind: 'stall', integration: id, nth: 2 });
    const { syncEndpoint } = bench.activities({ timeoutMs: 400 });
    const input = pass(id, { kind: 'full' });
    expect(await run(syncEndpoint, input)).toMatchObject({ state: 'waits', tries: 0 });
    expect(bench.queries(id)).toHaveLength(2);
    expect(await run(syncEndpoint, input)).toMatchObject({ state: 'completed', counts: { created: 600 } });
  });
});

describe('stopping', () => {
  test('(I19) a shutdown commits the page in flight and leaves the rest to other workers', async () => {
    const id = await bench.integration({ records: { ats_jobs: 900 } });
    const env = environment();
    const { syncEndpoint } = bench.activities({ onPage: afterPage(1, () => shutDown(env)) });
    const input = pass(id);
    const result = await run(syncEndpoint, input, env);
    expect(result.state).toBe('more');
    const [left] = await bench.passes(id);
    expect(left).toMatchObject({
      state: 'running',
      pages: result.counts.pages,
      records: result.counts.records,
    });
    expect(await bench.count(id)).toBe(result.counts.records);
    const rest = await run(bench.activities().syncEndpoint, input);
    expect(rest).toMatchObject({ state: 'completed', counts: { pages: 4, records: 900, created: 900 } });
  });

  test('a cancellation ends the request in flight', async () => {
    const id = await bench.integration(JOBS);
    control.addFault({ kind: 'stall', integration: id, nth: 2 });
    const env = environment();
    const failing = failure(bench.activities().syncEndpoint, pass(id), env);
    await eventually(() => bench.queries(id).length === 2);
    env.cancel('CANCELLED');
    expect(await failing).toBeInstanceOf(CancelledFailure);
  });

  test('(I7) an attempt that was replaced can no longer write', async () => {
    const id = await bench.integration(JOBS);
    control.addFault({ kind: 'delay', ms: 1_500, integration: id, nth: 2 });
    const input = pass(id);
    const zombie = run(bench.activities().syncEndpoint, input);
    await eventually(async () => (await bench.passes(id))[0]?.pages === 1 && bench.queries(id).length === 2);
    const result = await run(bench.activities({ chunkMs: 0 }).syncEndpoint, input);
    expect(result).toMatchObject({ state: 'more', counts: { pages: 2 } });
    // The first attempt gets its second page at last, and finds that it has lost the pass.
    expect(await zombie).toMatchObject({ state: 'waits', reason: { code: 'PassLost' }, waitMs: 1_000 });
    expect((await bench.passes(id))[0]).toMatchObject({ pages: 2, records: 500, created: 500, unchanged: 0 });
  });
});
