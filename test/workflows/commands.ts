import { defaultPayloadConverter, fromPayloadsAtIndex, type Payload } from '@temporalio/common';
import { msToTs, tsToMs } from '@temporalio/common/lib/time.js';
import type { coresdk } from '@temporalio/proto';
import type { Wanted } from '../../src/domain/wanted.ts';

export interface ScheduledActivity {
  kind: 'activity';
  seq: number;
  name: string;
  input: unknown;
  heartbeatMs: number;
  startToCloseMs: number;
  /** Of the retry policy; 0 means no bound. */
  attempts: number;
  priority: number;
  /** Empty for that of the run. */
  taskQueue: string;
}

export type Command =
  | ScheduledActivity
  | { kind: 'timer'; seq: number; ms: number }
  | { kind: 'cancelTimer'; seq: number }
  | { kind: 'cancelActivity'; seq: number }
  | { kind: 'complete'; result: unknown }
  | { kind: 'fail'; type: string; message: string }
  | { kind: 'cancelled' }
  | { kind: 'continueAsNew'; input: unknown }
  | { kind: 'labels'; labels: Record<string, unknown> }
  | { kind: 'patched'; id: string }
  | { kind: 'update'; state: 'accepted' | 'completed' | 'rejected' };

export function readCommand(command: coresdk.workflow_commands.IWorkflowCommand): Command {
  const { startTimer, cancelTimer, scheduleActivity, requestCancelActivity, failWorkflowExecution } = command;
  if (startTimer) return { kind: 'timer', seq: startTimer.seq!, ms: tsToMs(startTimer.startToFireTimeout) };
  if (cancelTimer) return { kind: 'cancelTimer', seq: cancelTimer.seq! };
  if (scheduleActivity) {
    return {
      kind: 'activity',
      seq: scheduleActivity.seq!,
      name: scheduleActivity.activityType!,
      input: fromPayloadsAtIndex(defaultPayloadConverter, 0, scheduleActivity.arguments),
      heartbeatMs: tsToMs(scheduleActivity.heartbeatTimeout ?? msToTs(0)),
      startToCloseMs: tsToMs(scheduleActivity.startToCloseTimeout ?? msToTs(0)),
      attempts: scheduleActivity.retryPolicy?.maximumAttempts ?? 0,
      priority: scheduleActivity.priority?.priorityKey ?? 0,
      taskQueue: scheduleActivity.taskQueue ?? '',
    };
  }
  if (requestCancelActivity) return { kind: 'cancelActivity', seq: requestCancelActivity.seq! };
  if (command.completeWorkflowExecution) {
    const { result } = command.completeWorkflowExecution;
    return { kind: 'complete', result: defaultPayloadConverter.fromPayload(result as Payload) };
  }
  if (failWorkflowExecution) {
    const { message, applicationFailureInfo } = failWorkflowExecution.failure!;
    return { kind: 'fail', type: applicationFailureInfo?.type ?? '', message: message ?? '' };
  }
  if (command.cancelWorkflowExecution) return { kind: 'cancelled' };
  if (command.continueAsNewWorkflowExecution) {
    const { arguments: args } = command.continueAsNewWorkflowExecution;
    return { kind: 'continueAsNew', input: fromPayloadsAtIndex(defaultPayloadConverter, 0, args) };
  }
  if (command.upsertWorkflowSearchAttributes) {
    const { searchAttributes } = command.upsertWorkflowSearchAttributes;
    const fields = searchAttributes?.indexedFields ?? {};
    const labels = Object.fromEntries(
      Object.entries(fields).map(([name, payload]) => [name, defaultPayloadConverter.fromPayload(payload)]),
    );
    return { kind: 'labels', labels };
  }
  if (command.setPatchMarker) return { kind: 'patched', id: command.setPatchMarker.patchId! };
  if (command.updateResponse) {
    const { accepted, rejected } = command.updateResponse;
    return { kind: 'update', state: accepted ? 'accepted' : rejected ? 'rejected' : 'completed' };
  }
  throw new Error(`Unexpected command ${JSON.stringify(command)}`);
}

/** Commands in short words, for readable assertions. */
export function brief(commands: readonly Command[]): string[] {
  return commands.map((command) => {
    switch (command.kind) {
      case 'activity':
        return `${command.name}${describeInput(command.input)}`;
      case 'timer':
        return `timer ${command.ms}`;
      case 'fail':
        return `fail ${command.type}`;
      case 'update':
        return `update ${command.state}`;
      case 'patched':
        return `patched ${command.id}`;
      case 'cancelTimer':
      case 'cancelActivity':
      case 'complete':
      case 'cancelled':
      case 'continueAsNew':
      case 'labels':
        return command.kind;
    }
  });
}

function describeInput(input: unknown): string {
  const { endpoint, kind, models, wanted, unread } = (input ?? {}) as Record<string, unknown>;
  if (typeof endpoint === 'string') return ` ${String(kind)} ${endpoint}`;
  if (Array.isArray(wanted)) {
    const names = wanted.flatMap((one: Wanted) => (one.everything ? ['all'] : one.models));
    return ` ${[...names, ...((unread as string[] | undefined) ?? [])].join(',')}`.trimEnd();
  }
  if (Array.isArray(models)) return ` ${models.join(',')}`.trimEnd();
  return kind === undefined ? '' : ' all';
}
