import { randomUUID } from 'node:crypto';
import { ApplicationFailure, WorkflowFailedError } from '@temporalio/client';
import type { Config } from '../config.ts';
import type { NotifyTarget } from '../domain/conditions.ts';
import type { TemporalHandle } from '../temporal/connect.ts';
import { startNotification } from '../temporal/start-notification.ts';
import { NoAnswer, within } from '../within.ts';
import { targetsOf } from './tell.ts';

/** What became of a test message. */
export interface TestedTarget {
  target: NotifyTarget;
  id: string;
  outcome: 'sent' | 'failed' | 'no_worker';
  message: string | null;
}

interface TestDeps {
  temporal: Pick<TemporalHandle, 'client'>;
  config: Pick<Config, 'TASK_QUEUE' | 'NOTIFY_URL' | 'NOTIFY_SLACK_URL'>;
}

/** A little longer than one try may take. */
const TIMEOUT_MS = 40_000;

/** Has a worker send a test to each target, by the same way as what is meant. */
export async function testNotifications(
  { temporal, config }: TestDeps,
  timeoutMs = TIMEOUT_MS,
): Promise<TestedTarget[]> {
  return Promise.all(
    targetsOf(config).map(async (target) => {
      const id = `msg_${randomUUID().replaceAll('-', '')}`;
      const handle = await startNotification(temporal.client, config, { id, target, test: true });
      try {
        await within(timeoutMs, handle.result());
        return { target, id, outcome: 'sent', message: null } as const;
      } catch (error) {
        if (error instanceof NoAnswer) {
          await handle.terminate('No worker has sent the test in time.').catch(() => {});
          const message = `no worker has sent it within ${timeoutMs / 1_000} s. Start one: kombo-sync worker`;
          return { target, id, outcome: 'no_worker', message } as const;
        }
        if (!(error instanceof WorkflowFailedError)) throw error;
        return { target, id, outcome: 'failed', message: reasonOf(error) } as const;
      }
    }),
  );
}

function reasonOf(error: WorkflowFailedError): string {
  for (let cause: unknown = error.cause; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof ApplicationFailure) return cause.message;
  }
  return 'the worker was lost while it sent the test';
}
