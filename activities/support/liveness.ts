import { CancelledFailure, Context } from '@temporalio/activity';
import { HEARTBEAT_EVERY_MS } from '../../src/domain/retry.ts';

export interface Liveness extends Disposable {
  /** Aborts when the work is to stop at once: a real cancellation, not the shutdown of the worker. */
  readonly signal: AbortSignal;
  /** The worker is going away: finish the page in flight and give the rest back. */
  isShuttingDown(): boolean;
  /** What the next heartbeat tells Temporal's UI. */
  report(progress: Record<string, unknown>): void;
  /** Called with each heartbeat, to show elsewhere too that the work lives. */
  onBeat(beat: () => void): void;
}

/**
 * Tells Temporal that the activity lives, and what it hears in return. The first heartbeat comes after some seconds, so that
 * short activities, which most are, send none: on Temporal Cloud each one is billed.
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
    // A CancelledFailure for every interruption: anything else would count as a failed attempt.
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
