import { afterAll } from 'vitest';

/** Lets this file run in a time zone of its own. Other files of the same process do not notice. */
export function useTimeZone(name: string): void {
  const before = process.env['TZ'];
  process.env['TZ'] = name;
  afterAll(() => {
    if (before === undefined) delete process.env['TZ'];
    else process.env['TZ'] = before;
  });
}
