import { setTimeout as delay } from 'node:timers/promises';
import { isGrpcServiceError, type Client } from '@temporalio/client';

const ATTEMPTS = 12;
const WORK_ATTEMPTS = 3;
const PAUSE_MS = 500;

/** gRPC statuses that stay: INVALID_ARGUMENT, NOT_FOUND, ALREADY_EXISTS, PERMISSION_DENIED, UNIMPLEMENTED, UNAUTHENTICATED. */
const LASTING = [3, 5, 6, 7, 12, 16];

/**
 * A Temporal server that has just started again may lose a question about a schedule: it answers with an error of its own, or
 * says half a minute later that the time is over. Asked again, it answers.
 *
 * @param ask may be done twice.
 */
export async function askAgain<T>(client: Client, answerMs: number, ask: () => Promise<T>): Promise<T> {
  return again(ATTEMPTS, () => client.withDeadline(Date.now() + answerMs, ask));
}

/** The same for work of many questions, each of which has a time of its own. */
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

/** Errors of a call to a schedule carry the gRPC error as their cause. */
function isPassing(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (isGrpcServiceError(cause)) return !LASTING.includes(cause.code);
  }
  return false;
}
