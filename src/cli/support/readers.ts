/** The error of a pipe that has lost its reader, and of a stream that knows this already. */
const GONE = new Set(['EPIPE', 'ERR_STREAM_DESTROYED']);

const listeners: (() => void)[] = [];

/**
 * The reader of a pipe may end before the command (`kombo-sync changes | head`). A command that only continues to print
 * then stops as if by a signal. A command that does more ends with its own exit code.
 */
export function outliveReaders(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (!GONE.has(error.code ?? '')) throw error;
    for (const act of listeners) act();
  });
  process.stderr.on('error', () => {});
}

/**
 * Acts when the reader of stdout is gone. This must not be a listener for SIGPIPE: with one, Node stops ignoring that signal,
 * and then every client that closes its connection too early would stop a server.
 */
export function onLostReader(act: () => void): void {
  listeners.push(act);
}
