import { describe, expect, test } from 'vitest';
import { classifyAnswer, isFinal, isForWholeIntegration } from '../../src/domain/errors.ts';

describe('what to do about an answer', () => {
  test.each([
    ['PLATFORM.RATE_LIMIT_EXCEEDED', 429, 'RateLimited'],
    ['REMOTE.SERVICE_UNAVAILABLE', 500, 'Unavailable'],
    ['PLATFORM.UNKNOWN_ERROR', 500, 'Unavailable'],
    ['INTEGRATION.SETUP_SYNC_PENDING', 503, 'IntegrationParked'],
    ['INTEGRATION.SETUP_SYNC_PENDING', 409, 'IntegrationParked'],
    ['INTEGRATION.MODEL_DISABLED', 400, 'EndpointDisabled'],
    ['PLATFORM.INTEGRATION_NOT_FOUND', 404, 'IntegrationGone'],
    ['PLATFORM.AUTHENTICATION_INVALID', 401, 'AccessDenied'],
    ['PLATFORM.INPUT_INVALID', 400, 'RequestRejected'],
    ['SOMETHING.NEW', 503, 'Unavailable'],
    ['SOMETHING.NEW', 400, 'RequestRejected'],
    [null, 503, 'Unavailable'],
    [null, 429, 'RateLimited'],
    [null, 401, 'AccessDenied'],
  ] as const)('%s with status %i is %s', (code, status, expected) => {
    expect(classifyAnswer(code, status)).toBe(expected);
  });

  test('only what passes by itself is tried again at once', () => {
    expect(isFinal('Unavailable')).toBe(false);
    expect(isFinal('RateLimited')).toBe(false);
    expect(isFinal('IntegrationParked')).toBe(true);
    expect(isFinal('RequestRejected')).toBe(true);
  });

  test('a failed endpoint takes no other one with it, but for what holds for all of them (I10)', () => {
    expect(isForWholeIntegration('EndpointDisabled')).toBe(false);
    expect(isForWholeIntegration('RequestRejected')).toBe(false);
    expect(isForWholeIntegration('IntegrationParked')).toBe(true);
    expect(isForWholeIntegration('AccessDenied')).toBe(true);
  });
});
