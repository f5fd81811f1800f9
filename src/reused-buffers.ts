/**
 * Buffers that are used again. A page of Kombo is a few hundred kilobytes outside of the heap, and V8 collects the whole heap
 * each time that a few dozen megabytes of such memory have come and gone: this took a third of a worker's processor time.
 */
export class ReusedBuffers {
  readonly #free: Buffer[] = [];

  /** A buffer of at least this length, with anything in it. */
  take(length: number): Buffer {
    const fitting = this.#free.findIndex((buffer) => buffer.length >= length);
    if (fitting !== -1) return this.#free.splice(fitting, 1)[0]!;
    return Buffer.allocUnsafeSlow(Math.max(SMALLEST, 2 ** Math.ceil(Math.log2(length))));
  }

  /** Only what `take` has returned, and only once nothing looks at it any more. A large one is left to the collector. */
  give(buffer: Buffer): void {
    if (buffer.length > LARGEST || this.#free.length >= AT_MOST || this.#free.includes(buffer)) return;
    this.#free.push(buffer);
  }
}

const SMALLEST = 256 * 1024;
const LARGEST = 2 * 1024 * 1024;
/** Reads of a worker write and fetch a page each; more than these are rare. Together they take 32 MiB at most. */
const AT_MOST = 16;
