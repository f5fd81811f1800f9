import type { StorableRecord } from '../../domain/records.ts';

/** One jsonb array holds at most 256 MiB. Far below that, several statements are as fast as one. */
const BATCH_BYTES = 32 * 1024 * 1024;

/** The records in their order, in parts for one statement each. Nearly every page is one part. */
export function* batches(records: readonly StorableRecord[]): Generator<readonly StorableRecord[]> {
  let start = 0;
  let bytes = 0;
  for (let index = 0; index < records.length; index += 1) {
    const { length } = records[index]!.raw;
    if (index > start && bytes + length > BATCH_BYTES) {
      yield records.slice(start, index);
      start = index;
      bytes = 0;
    }
    bytes += length;
  }
  if (start < records.length) yield start === 0 ? records : records.slice(start);
}
