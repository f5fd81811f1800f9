/** The error of a pipe that has lost its reader, and of a stream that knows this already. */
const GONE = new Set(['EPIPE', 'ERR_STREAM_DESTROYED']);

/**
 * The reader of a pipe may end before the command (`kombo-sync changes | head`). A command that only continues to print
 * then stops as if by a signal. A command that does more ends with its own exit code.
 */
export function outliveReaders(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (!GONE.has(error.code ?? '')) throw error;
    process.emit('SIGPIPE', 'SIGPIPE');
  });
  process.stderr.on('error', () => {});
}
