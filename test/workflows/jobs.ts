import { defaultPayloadConverter, toPayloads, type Payload } from '@temporalio/common';
import { temporal, type coresdk } from '@temporalio/proto';
import type { ScheduledActivity } from './commands.ts';

/** Messages of the server to a workflow. */
export type Job = coresdk.workflow_activation.IWorkflowActivationJob;

let updates = 0;

export const signal = (signalName: string, ...args: unknown[]): Job => ({
  signalWorkflow: { signalName, input: payloads(...args) },
});

export const update = (name: string, ...args: unknown[]): Job => ({
  doUpdate: {
    id: `${name}-${++updates}`,
    protocolInstanceId: `${name}-${updates}`,
    name,
    input: payloads(...args),
    runValidator: true,
    meta: { updateId: `${name}-${updates}`, identity: 'test' },
  },
});

export const cancel = (): Job => ({ cancelWorkflow: { reason: 'test' } });

export const completed = (activity: { seq: number }, result?: unknown): Job => ({
  resolveActivity: {
    seq: activity.seq,
    result: { completed: { result: defaultPayloadConverter.toPayload(result) } },
  },
});

export const failed = (activity: ScheduledActivity, type: string, message: string, code = type): Job => ({
  resolveActivity: {
    seq: activity.seq,
    result: {
      failed: {
        failure: {
          message: 'Activity task failed',
          activityFailureInfo: { activityType: { name: activity.name }, activityId: String(activity.seq) },
          cause: {
            message,
            applicationFailureInfo: { type, nonRetryable: true, details: { payloads: payloads({ code }) } },
          },
        },
      },
    },
  },
});

const HEARTBEAT_TIMEOUT = temporal.api.enums.v1.TimeoutType.TIMEOUT_TYPE_HEARTBEAT;

export const timedOut = (activity: ScheduledActivity): Job => ({
  resolveActivity: {
    seq: activity.seq,
    result: {
      failed: {
        failure: {
          message: 'Activity task timed out',
          activityFailureInfo: { activityType: { name: activity.name }, activityId: String(activity.seq) },
          cause: {
            message: 'timeout',
            timeoutFailureInfo: { timeoutType: HEARTBEAT_TIMEOUT },
          },
        },
      },
    },
  },
});

export function cancelledActivity(seq: number): Job {
  return {
    resolveActivity: {
      seq,
      result: { cancelled: { failure: { message: 'Activity cancelled', canceledFailureInfo: {} } } },
    },
  };
}

export function payloads(...values: unknown[]): Payload[] {
  return toPayloads(defaultPayloadConverter, ...values) ?? [];
}
