import { describe, expect, test } from 'vitest';
import { classesThat, classifyAnswer, ERROR_CLASSES, POLICIES, SyncError } from '../../src/domain/errors.ts';

describe('the class of an error', () => {
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
    // Names that every object has as keys: a look-up of a code must not find them.
    ['constructor', 400, 'RequestRejected'],
    ['__proto__', 503, 'Unavailable'],
  ] as const)('%s with status %i is %s', (code, status, expected) => {
    expect(classifyAnswer(code, status)).toBe(expected);
  });

  test('only errors that may pass within seconds are tried again at once', () => {
    const passing = ERROR_CLASSES.filter((errorClass) => POLICIES[errorClass].passing);
    expect(passing).toEqual(['Unavailable', 'RateLimited', 'PassLost', 'TableLocked', 'WorkerLost']);
  });

  test('(I10) (I21) only an answer about the whole integration makes a worker look it up', () => {
    const asking = ERROR_CLASSES.filter((errorClass) => POLICIES[errorClass].looksUp);
    expect(asking).toEqual(['IntegrationParked', 'IntegrationGone']);
  });

  test('some classes are harmless, end an activity, or follow the state of the integration', () => {
    expect(classesThat(({ harmless }) => harmless)).toEqual(['RateLimited', 'PassLost']);
    expect(classesThat(({ final }) => final)).toEqual(['IntegrationGone', 'Internal']);
    expect(classesThat(({ followsState }) => followsState)).toEqual([
      'IntegrationParked',
      'EndpointDisabled',
      'IntegrationGone',
    ]);
  });

  test('an error has what happened and what to do in separate fields, and both in its message', () => {
    const error = new SyncError('Unavailable', 'Kombo did not answer.');
    expect(error).toMatchObject({
      what: 'Kombo did not answer.',
      remedy: 'It is tried again.',
      message: 'Kombo did not answer. It is tried again.',
    });
    expect(error.remedyByHand).toMatch(/Try again/);
    expect(new SyncError('IntegrationGone', 'It is removed.', { remedy: 'Add it.' })).toMatchObject({
      message: 'It is removed. Add it.',
      remedyByHand: 'Add it.',
    });
  });

  test('each class says what to do', () => {
    for (const errorClass of ERROR_CLASSES) expect(POLICIES[errorClass].remedy).toMatch(/\.$/);
  });
});
