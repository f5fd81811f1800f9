import type { OnReadOpts, Socket } from 'node:net';

/** As much as Node reads at once. Longer reads are no faster: the parser's copy of them gets pages of its own. */
const LENGTH = 64 * 1024;

/**
 * Lets a new connection read into one buffer of its own. Otherwise Node allocates 64 kB for every read, and V8 collects the whole
 * heap after a dozen pages, because memory outside of it counts too (docs/performance.md). Node's HTTP parser copies what it keeps
 * before the next read.
 */
export function reusedReads(): OnReadOpts {
  let buffer: Buffer | undefined;
  return {
    // A request that uses a kept connection asks for no buffer.
    buffer: () => (buffer ??= Buffer.allocUnsafeSlow(LENGTH)),
    callback(this: unknown, length: number, bytes: Uint8Array): boolean {
      // With a buffer, a connection does not emit its data, which the parser listens for. Node calls this on the connection.
      (this as Socket).emit('data', bytes.subarray(0, length));
      return true;
    },
  };
}
