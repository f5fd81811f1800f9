import { setTimeout as delay } from 'node:timers/promises';
import {
  defaultGrpcRetryOptions,
  makeGrpcRetryInterceptor,
  type ConnectionOptions,
} from '@temporalio/client';

const MAX_PAUSE_MS = 500;
/** Timers fire late on a busy process. */
const LATE_MS = 300;

/**
 * Options for a connection that survives an outage of Temporal, and that you can close during one.
 *
 * - The client's own retries continue after a deadline or an abort, with pauses of up to five seconds. Short pauses
 *   let a call end close to its deadline.
 * - A retry on a closed connection throws inside a timer, which ends the process. `settled` waits for the planned
 *   retries and prevents new ones; call it before `close`.
 * - By default, gRPC pauses up to two minutes before it reconnects. For that time, webhooks would be refused although
 *   Temporal is back.
 */
export function outageOptions(): {
  options: Pick<ConnectionOptions, 'interceptors' | 'channelArgs'>;
  settled: () => Promise<void>;
} {
  const defaults = defaultGrpcRetryOptions();
  let closing = false;
  let lastRetryAt = 0;
  const retry = makeGrpcRetryInterceptor({
    retryableDecider: (attempt, status) => !closing && defaults.retryableDecider(attempt, status),
    delayFunction: (attempt, status) => {
      const pauseMs = Math.min(MAX_PAUSE_MS, defaults.delayFunction(attempt, status));
      lastRetryAt = Math.max(lastRetryAt, performance.now() + pauseMs);
      return pauseMs;
    },
  });
  return {
    options: {
      interceptors: [retry],
      channelArgs: { 'grpc.initial_reconnect_backoff_ms': 250, 'grpc.max_reconnect_backoff_ms': 2_000 },
    },
    async settled() {
      closing = true;
      const waitMs = lastRetryAt + LATE_MS - performance.now();
      if (waitMs > 0) await delay(waitMs);
    },
  };
}
