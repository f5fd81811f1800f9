import { expect, test } from 'vitest';
import type { StorableRecord } from '../../src/domain/records.ts';
import { batches } from '../../src/store/records/batches.ts';

const MEBIBYTE = 1024 * 1024;
/** Only the length of a record counts. */
const record = (id: string, mebibytes: number) =>
  ({ id, raw: { length: mebibytes * MEBIBYTE } }) as unknown as StorableRecord;
const split = (...sizes: number[]) =>
  [...batches(sizes.map((size, index) => record(`${index}`, size)))].map((batch) =>
    batch.map(({ id }) => id),
  );

test('every record is in one part, in order, and a part is within the bound unless a record is longer', () => {
  expect(split()).toEqual([]);
  expect(split(1, 2, 3)).toEqual([['0', '1', '2']]);
  expect(split(16, 16, 1)).toEqual([['0', '1'], ['2']]);
  expect(split(40)).toEqual([['0']]);
  expect(split(1, 40, 1, 1)).toEqual([['0'], ['1'], ['2', '3']]);
});
