/** What a pipe without a reader says, and what a stream says of which that is known. */
const GONE = new Set(['EPIPE', 'ERR_STREAM_DESTROYED']);

/**
 * The reader of a pipe may go before a command has ended (`kombo-sync changes | head`). Nothing is left to say then: a command
 * that only speaks on stops as by a signal, and one that does something ends with its own exit code.
 */
export function outliveReaders(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (!GONE.has(error.code ?? '')) throw error;
    process.emit('SIGPIPE', 'SIGPIPE');
  });
  process.stderr.on('error', () => {});
}
