import type { ApplicationFailure } from '@temporalio/common';
import { expect, test } from 'vitest';
import { asFailures } from '../../activities/support/failures.ts';
import { ERROR_CLASSES, SyncError } from '../../src/domain/errors.ts';
import { environment, failure } from './setup.ts';

function thrown(error: unknown, attempt = 1): Promise<ApplicationFailure> {
  const activity = (reason: unknown) =>
    asFailures(async () => {
      throw reason;
    });
  return failure(activity, error, environment({ attempt }));
}

test.each([
  [new SyncError('AccessDenied', 'Kombo said no.'), 'AccessDenied', /^Kombo said no\. Check KOMBO_API_KEY/],
  [
    Object.assign(new Error('value "ada" is odd'), { code: '22P02', severity: 'ERROR' }),
    'DatabaseUnavailable',
    /^Postgres refuses a statement \(SQLSTATE 22P02\)\. It is tried again/,
  ],
  [
    Object.assign(new Error('connect'), { code: 'ECONNREFUSED', address: '10.0.0.7', port: 5432 }),
    'DatabaseUnavailable',
    /^Postgres cannot be reached \(ECONNREFUSED at 10\.0\.0\.7:5432\)\. /,
  ],
  [
    new Error('Failed to signal', { cause: Object.assign(new Error('no'), { code: 14, details: 'ada' }) }),
    'TemporalUnavailable',
    /^Temporal cannot be reached \(gRPC 14\)\. It is tried again/,
  ],
  [new TypeError('Odd.'), 'Internal', /^Odd\.$/],
])('%s ends an attempt with our class %s', async (error, type, message) => {
  const failed = await thrown(error);
  expect(failed).toMatchObject({ type, message: expect.stringMatching(message) as string });
  expect(ERROR_CLASSES).toContain(failed.type);
  expect(failed.message).not.toContain('ada');
});

test('a bug is final after a few attempts, an outage never', async () => {
  expect(await thrown(new TypeError('Odd.'), 3)).toMatchObject({ type: 'Internal', nonRetryable: true });
  expect(await thrown(new Error('Query read timeout'), 99)).toMatchObject({ nonRetryable: false });
});
