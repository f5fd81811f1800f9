import { temporal } from '@temporalio/proto';

type History = temporal.api.history.v1.IHistory;

const { EventType } = temporal.api.enums.v1;

/** Events that Temporal Cloud bills as one Action each. A start by a signal is billed with its signal. */
const BILLED = new Set<number>([
  EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
  EventType.EVENT_TYPE_TIMER_STARTED,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED,
  EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_OPTIONS_UPDATED,
  EventType.EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED,
  EventType.EVENT_TYPE_MARKER_RECORDED,
]);

/** A child is billed for the intent and for the start. */
const BILLED_TWICE = new Set<number>([EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED]);

/** What a schedule costs each time that it starts a run, beside the start. */
const SCHEDULE_START = 2;

/** How many Actions Temporal Cloud bills for a run, but for heartbeats, which no history shows. */
export function countActions({ events }: History): number {
  const all = events ?? [];
  const [first, second] = all;
  const isSignalled = second?.eventType === EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED;
  const labels = first?.workflowExecutionStartedEventAttributes?.searchAttributes?.indexedFields ?? {};
  const start = (isSignalled ? 0 : 1) + ('TemporalScheduledById' in labels ? SCHEDULE_START : 0);
  return all.reduce((sum, { eventType, activityTaskStartedEventAttributes: started }) => {
    const retries = Math.max(0, (started?.attempt ?? 1) - 1);
    return sum + retries + (BILLED.has(eventType!) ? 1 : 0) + (BILLED_TWICE.has(eventType!) ? 2 : 0);
  }, start);
}

/** Bytes of a history, as the server sends it. */
export function historyBytes(history: History): number {
  return temporal.api.history.v1.History.encode(history).finish().length;
}
