import { setTimeout as delay } from 'node:timers/promises';
import { isGrpcServiceError, type Client } from '@temporalio/client';

const ATTEMPTS = 12;
const WORK_ATTEMPTS = 3;
const PAUSE_MS = 500;

/**
 * gRPC statuses that do not pass: INVALID_ARGUMENT, NOT_FOUND, ALREADY_EXISTS, PERMISSION_DENIED, UNIMPLEMENTED,
 * UNAUTHENTICATED.
 */
const LASTING = [3, 5, 6, 7, 12, 16];

/**
 * Asks a Temporal server that has just restarted. It may lose a request about a schedule: it answers with an internal
 * error, or with a timeout after half a minute. A second request gets an answer.
 *
 * @param ask can run twice without harm.
 */
export async function askAgain<T>(client: Client, answerMs: number, ask: () => Promise<T>): Promise<T> {
  return again(ATTEMPTS, () => client.withDeadline(Date.now() + answerMs, ask));
}

/** The same for work with many requests, each with its own deadline. */
export const workAgain = <T>(work: () => Promise<T>): Promise<T> => again(WORK_ATTEMPTS, work);

async function again<T>(attempts: number, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === attempts || !isPassing(error)) throw error;
      await delay(PAUSE_MS);
    }
  }
}

/** The error of a call about a schedule has the gRPC error as its cause. */
function isPassing(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (isGrpcServiceError(cause)) return !LASTING.includes(cause.code);
  }
  return false;
}
