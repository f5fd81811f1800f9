import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../processes/command.ts';

const LIMIT_BYTES = 256 * 1024 ** 2;
const LOOK_MS = 10_000;

/**
 * Bounds the write-ahead log of the development server's database. Under load some reader is always there, so that none of the
 * server's own checkpoints gets to the end, and the log grows by gigabytes.
 *
 * @returns what ends it.
 */
export function boundWal(database: string, limitBytes = LIMIT_BYTES, lookMs = LOOK_MS): () => Promise<void> {
  const stop = new AbortController();
  let running: Promise<unknown> = Promise.resolve();
  let isRunning = false;
  const look = async () => {
    const { size } = await stat(`${database}-wal`).catch(() => ({ size: 0 }));
    if (size > limitBytes && !stop.signal.aborted) await checkpoint(database, stop.signal);
  };
  const timer = setInterval(() => {
    if (isRunning) return;
    isRunning = true;
    // It is tried again; a log that is too long stops nothing.
    running = look().then(
      () => (isRunning = false),
      () => (isRunning = false),
    );
  }, lookMs);
  return async () => {
    clearInterval(timer);
    stop.abort(new Error('The server stops.'));
    await running;
  };
}

/** A process of its own: SQLite waits for readers without letting go of the thread. */
async function checkpoint(database: string, signal: AbortSignal): Promise<void> {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const script = fileURLToPath(new URL(`./checkpoint.${extension}`, import.meta.url));
  await runCommand(process.execPath, ['--disable-warning=ExperimentalWarning', script, database], { signal });
}
