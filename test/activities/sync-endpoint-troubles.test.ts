import { ApplicationFailureCategory, CancelledFailure } from '@temporalio/common';
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
    { kind: 'stall' },
  ] as const)('$kind on the way is waited out within the activity', async (fault) => {
    const id = await bench.integration(JOBS);
    control.addFault({ ...fault, integration: id, nth: 2 });
    const result = await run(bench.activities({ timeoutMs: 400 }).syncEndpoint, pass(id));
    expect(result.counts).toMatchObject({ pages: 3, created: 600 });
    expect(bench.queries(id)).toHaveLength(4);
  });

  test.each([
    [{ kind: 'unavailable' }, 'Unavailable', /HTTP 503/],
    [{ kind: 'truncate' }, 'Unavailable', /not whole/],
    [{ kind: 'reset' }, 'Unavailable', /cannot be reached/],
    [{ kind: 'stall' }, 'Unavailable', /did not answer \/ats\/jobs within 0\.2 s/],
    [
      { kind: 'status', status: 409, contentType: 'application/json', body: '{"error":{"code":"PLATF' },
      'Unavailable',
      /not whole/,
    ],
    [{ kind: 'status', status: 418 }, 'RequestRejected', /HTTP 418/],
    [{ kind: 'error', code: 'PLATFORM.AUTHENTICATION_INVALID' }, 'AccessDenied', /KOMBO_API_KEY/],
    [{ kind: 'error', code: 'INTEGRATION.AUTHENTICATION_INVALID' }, 'IntegrationParked', /dashboard/],
    [{ kind: 'error', code: 'INTEGRATION.PERMISSION_MISSING' }, 'EndpointDisabled', /scope/],
    [{ kind: 'error', code: 'PLATFORM.INTEGRATION_NOT_FOUND' }, 'IntegrationGone', /does not know/],
  ] as const)('(I10) %j that stays is %s and says so', async (fault, type, message) => {
    const id = await bench.integration(JOBS);
    control.addFault({ ...fault, integration: id, count: 'always' });
    const error = await failure(bench.activities({ timeoutMs: 200 }).syncEndpoint, pass(id));
    const passes = type === 'Unavailable';
    expect(error).toMatchObject({
      type,
      nonRetryable: !passes,
      message: expect.stringMatching(message) as string,
    });
    if (passes) expect(error.category).toBe(ApplicationFailureCategory.BENIGN);
  });

  test('a long Retry-After is left to Temporal, which frees the slot meanwhile', async () => {
    const id = await bench.integration(JOBS);
    control.addFault({ kind: 'rate-limit', retryAfter: 42, integration: id });
    const error = await failure(bench.activities().syncEndpoint, pass(id));
    expect(error).toMatchObject({ type: 'RateLimited', nonRetryable: false, nextRetryDelay: 42_000 });
    expect(bench.queries(id)).toHaveLength(1);
  });
});

describe('stopping', () => {
  test('(I19) a shutdown lets the page in flight commit and gives the rest back', async () => {
    const id = await bench.integration({ records: { ats_jobs: 900 } });
    const env = environment();
    const { syncEndpoint } = bench.activities({ onPage: afterPage(1, () => shutDown(env)) });
    const input = pass(id);
    const result = await run(syncEndpoint, input, env);
    expect(result.done).toBe(false);
    const [left] = await bench.passes(id);
    expect(left).toMatchObject({
      state: 'running',
      pages: result.counts.pages,
      records: result.counts.records,
    });
    expect(await bench.count(id)).toBe(result.counts.records);
    const rest = await run(bench.activities().syncEndpoint, input);
    expect(rest).toMatchObject({ done: true, counts: { pages: 4, records: 900, created: 900 } });
  });

  test('a real cancellation ends the request in flight', async () => {
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
    control.addFault({ kind: 'stall', integration: id, nth: 2 });
    const input = pass(id);
    const zombie = failure(bench.activities({ timeoutMs: 1_500 }).syncEndpoint, input);
    await eventually(async () => (await bench.passes(id))[0]?.pages === 1 && bench.queries(id).length === 2);
    const result = await run(bench.activities({ chunkMs: 0 }).syncEndpoint, input);
    expect(result).toMatchObject({ done: false, counts: { pages: 2 } });
    // The first attempt reads the second page again, and finds that it is not its own any more.
    expect(await zombie).toMatchObject({ type: 'PassLost', nonRetryable: false });
    expect((await bench.passes(id))[0]).toMatchObject({ pages: 2, records: 500, created: 500, unchanged: 0 });
  });
});
