import { expect, test } from 'vitest';
import { isCron } from '../../src/domain/cron.ts';

test.each([
  '0 2 * * 0',
  ' 30  4 * * WED ',
  '*/15 0-6,22 1,15 jan-mar mon-fri/2',
  '5/10 * * * 7',
  '0 2 29 2 *',
  '0 2 31 1-2 *',
])('%s is a cron expression', (cron) => {
  expect(isCron(cron)).toBe(true);
});

test.each([
  '',
  '0 2 * *',
  '0 2 * * 0 2030',
  '0 0 2 * * 0',
  '0 2 L * *',
  'foo bar baz qux quux',
  '60 2 * * 0',
  '61 25 * * 0',
  '0 2 0 * *',
  '0 2 * 13 *',
  '0 2 * * 8',
  '0 2 31 2 *',
  '0 2 30-31 feb *',
  '5-1 * * * *',
  '*/0 * * * *',
  '1,,2 * * * *',
  '-1 * * * *',
])('%s is not a cron expression', (cron) => {
  expect(isCron(cron)).toBe(false);
});
