import { isGrpcDeadlineError, type Client } from '@temporalio/client';

const ATTEMPTS = 12;

/**
 * A Temporal server that has just begun again may lose a question about a schedule, and says half a minute later that the
 * time is over. Asked again, it answers.
 *
 * @param ask may be done twice.
 */
export async function askAgain<T>(client: Client, answerMs: number, ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await client.withDeadline(Date.now() + answerMs, ask);
    } catch (error) {
      if (attempt === ATTEMPTS || !isGrpcDeadlineError(error)) throw error;
    }
  }
}
