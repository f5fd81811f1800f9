import { CancelledFailure, Context } from '@temporalio/activity';
import { HEARTBEAT_EVERY_MS } from '../../src/domain/retry.ts';

export interface Liveness extends Disposable {
  /** Aborts when the work must stop at once: on a cancellation, not on a shutdown of the worker. */
  readonly signal: AbortSignal;
  /** Whether the worker shuts down: finish the page in flight and leave the rest to other workers. */
  isShuttingDown(): boolean;
  /** The progress that the next heartbeat shows in Temporal's UI. */
  report(progress: Record<string, unknown>): void;
  /** Registers a function to call with each heartbeat, for example to show in Postgres that the work lives. */
  onBeat(beat: () => void): void;
}

/**
 * Sends heartbeats to Temporal and receives cancellations. The first heartbeat is sent after some seconds, so that
 * short activities, which are most of them, send none: Temporal Cloud bills each one.
 */
export function keepAlive(): Liveness {
  const context = Context.current();
  const stop = new AbortController();
  let shuttingDown = false;
  let details: Record<string, unknown> = {};
  const beats: (() => void)[] = [];
  const timer = setInterval(() => {
    context.heartbeat(details);
    for (const beat of beats) beat();
  }, HEARTBEAT_EVERY_MS);
  const onCancel = () => {
    if (context.cancellationDetails?.workerShutdown) shuttingDown = true;
    // Every interruption is a CancelledFailure: any other error would count as a failed attempt.
    else stop.abort(new CancelledFailure('The activity was cancelled.'));
  };
  if (context.cancellationSignal.aborted) onCancel();
  context.cancellationSignal.addEventListener('abort', onCancel);
  return {
    signal: stop.signal,
    isShuttingDown: () => shuttingDown,
    report: (progress) => {
      details = progress;
    },
    onBeat: (beat) => void beats.push(beat),
    [Symbol.dispose]: () => {
      clearInterval(timer);
      context.cancellationSignal.removeEventListener('abort', onCancel);
    },
  };
}
