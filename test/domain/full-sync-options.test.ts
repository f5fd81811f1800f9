import { describe, expect, test } from 'vitest';
import { fullSyncOptions, readSince } from '../../src/domain/full-sync-options.ts';

describe('the options of a full sync', () => {
  test('are picked from other values, without those that are not set', () => {
    const options = { models: ['ats_jobs'], since: '2026-01-01', allowMassDeletion: false };
    expect(fullSyncOptions({ ...options, wait: true, perMinute: 60 } as object)).toEqual(options);
    expect(Object.keys(fullSyncOptions({ since: undefined }))).toEqual([]);
  });

  test.each([
    [{ models: 'ats_jobs' }, 'models must be a list of names, for example ["ats_jobs"].'],
    [{ models: ['a\nb'] }, 'models must be a list of names, for example ["ats_jobs"].'],
    [{ since: 'yesterday' }, 'since must be a date or date-time, for example "2026-01-01".'],
    [{ allowMassDeletion: 'yes' }, 'allowMassDeletion must be true or false.'],
  ])('say what they must be: %j', (given, message) => {
    expect(() => fullSyncOptions(given)).toThrow(new RangeError(message));
  });
});

describe('since', () => {
  const now = new Date('2026-01-01T12:00:00Z');

  test('is a time in UTC', () => {
    expect(readSince('2026-01-01', now)).toBe('2026-01-01T00:00:00.000Z');
    expect(readSince('2026-01-01T11:59:59', now)).toBe('2026-01-01T11:59:59.000Z');
    expect(readSince('2026-01-01T13:30:00+02:00', now)).toBe('2026-01-01T11:30:00.000Z');
  });

  test('must not be in the future, by UTC', () => {
    expect(() => readSince('2026-01-01T12:00:01', now)).toThrow('must not be in the future');
    expect(() => readSince('soon', now)).toThrow('must be a date or a date-time');
  });
});
