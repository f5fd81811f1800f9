import { expect, test } from 'vitest';
import { CliError, describeFailure } from '../../src/cli/support/errors.ts';
import { countsText, pairs, relative, table } from '../../src/cli/support/format.ts';
import { NO_COUNTS } from '../../src/domain/counts.ts';

test('a table has aligned columns, right-aligned numbers, and a dash in empty cells', () => {
  const text = table(
    ['ENDPOINT', 'ROWS', 'NOTE'],
    [
      ['/ats/jobs', 7, null],
      ['/ats/applications', 1_200, 'late'],
    ],
  );
  expect(text).toBe(
    ['ENDPOINT           ROWS  NOTE', '/ats/jobs             7  –', '/ats/applications  1200  late'].join(
      '\n',
    ),
  );
});

test('pairs are aligned', () => {
  expect(
    pairs([
      ['Tool', 'x'],
      ['Organization', null],
    ]),
  ).toBe('Tool          x\nOrganization  –');
});

test('without a time there is no relative time', () => {
  expect(relative(null)).toBeNull();
});

test('counts leave out zeros', () => {
  expect(countsText({ ...NO_COUNTS, pages: 1, records: 250, created: 3 })).toBe(
    '1 page, 250 records, 3 created',
  );
  expect(countsText(NO_COUNTS)).toBe('nothing read');
});

test.each([
  ['a foreseen failure', new CliError(3, 'not_found', 'None.'), { code: 'not_found', exitCode: 3 }],
  ['anything else', new Error('Broken.'), { code: 'failed', message: 'Broken.', exitCode: 1 }],
  ['a value that is not an error', 'text', { code: 'failed', message: 'text', exitCode: 1 }],
  [
    'a wrong password',
    Object.assign(new Error('password authentication failed'), { code: '28P01', severity: 'FATAL' }),
    { code: 'unreachable', exitCode: 4 },
  ],
  [
    'a missing table',
    Object.assign(new Error('relation does not exist'), { code: '42P01', severity: 'ERROR' }),
    { code: 'not_migrated', exitCode: 1 },
  ],
  [
    'a wrong statement',
    Object.assign(new Error('syntax error'), { code: '42601', severity: 'ERROR' }),
    { code: 'failed', exitCode: 1 },
  ],
  [
    'a namespace that Temporal does not have',
    new Error('5 NOT_FOUND: Namespace nope is not found.'),
    { code: 'settings', exitCode: 1, message: expect.stringContaining('TEMPORAL_NAMESPACE') as string },
  ],
  [
    'Temporal away',
    new Error('Failed', { cause: Object.assign(new Error('14 UNAVAILABLE'), { code: 14 }) }),
    { code: 'unreachable', exitCode: 4 },
  ],
])('%s', (_name, error, failure) => {
  expect(describeFailure(error)).toMatchObject(failure);
});
