import { afterAll } from 'vitest';

/** Runs this file in a time zone, and restores the earlier one for other files of the same process. */
export function useTimeZone(name: string): void {
  const before = process.env['TZ'];
  process.env['TZ'] = name;
  afterAll(() => {
    if (before === undefined) delete process.env['TZ'];
    else process.env['TZ'] = before;
  });
}
