import { grpcAnswer } from '../outages/index.ts';
import type { TemporalHandle } from '../temporal/connect.ts';
import { fail, ok, type Check } from './check.ts';

/** gRPC status codes: https://grpc.io/docs/guides/status-codes/ */
const DENIED = [7, 16];
const UNIMPLEMENTED = 12;

/**
 * What kombo-sync must be allowed to do. Each request lacks a required field, so it has no effect: the server first
 * checks whether the caller may send it, and then refuses it as not valid.
 */
const NEEDS: readonly {
  may: string;
  ask: (temporal: TemporalHandle) => Promise<unknown>;
}[] = [
  {
    may: 'start syncs by webhooks (SignalWithStartWorkflowExecution)',
    ask: ({ connection, namespace }) =>
      connection.workflowService.signalWithStartWorkflowExecution({ namespace }),
  },
  {
    may: 'start full syncs (StartWorkflowExecution)',
    ask: ({ connection, namespace }) => connection.workflowService.startWorkflowExecution({ namespace }),
  },
  {
    may: 'start "sync now" (ExecuteMultiOperation)',
    ask: ({ connection, namespace }) => connection.workflowService.executeMultiOperation({ namespace }),
  },
  {
    may: 'cancel syncs (RequestCancelWorkflowExecution)',
    ask: ({ connection, namespace }) =>
      connection.workflowService.requestCancelWorkflowExecution({ namespace }),
  },
  {
    may: 'make schedules (CreateSchedule)',
    ask: ({ connection, namespace }) => connection.workflowService.createSchedule({ namespace }),
  },
  {
    may: 'change schedules (UpdateSchedule)',
    ask: ({ connection, namespace }) => connection.workflowService.updateSchedule({ namespace }),
  },
  {
    may: 'do the work of workers (RespondWorkflowTaskCompleted)',
    ask: ({ connection, namespace }) =>
      connection.workflowService.respondWorkflowTaskCompleted({ namespace }),
  },
];

/** Whether the credentials may do all that kombo-sync does. To read the namespace needs less. */
export async function checkRights(temporal: TemporalHandle): Promise<Check> {
  const codes = await Promise.all(
    NEEDS.map(async ({ may, ask }) => {
      const code = await ask(temporal).then(
        () => undefined,
        (error: unknown) => codeOf(error),
      );
      return { may, code };
    }),
  );
  const list = (found: typeof codes) => found.map(({ may }) => may).join(', ');
  const denied = codes.filter(({ code }) => code !== undefined && DENIED.includes(code));
  if (denied.length > 0) {
    return fail(
      'Temporal rights',
      `the credentials may not ${list(denied)}`,
      `Give them the right to write in namespace ${temporal.namespace}; on Temporal Cloud that is the role Write.`,
    );
  }
  const unknown = codes.filter(({ code }) => code === UNIMPLEMENTED);
  if (unknown.length === 0)
    return ok('Temporal rights', 'the credentials may start syncs and make schedules');
  return fail(
    'Temporal rights',
    `the server does not know how to ${list(unknown)}`,
    'Use server 1.25 or newer, with frontend.enableExecuteMultiOperation switched on.',
  );
}

/** @throws the error if it is not an answer of the server. */
function codeOf(error: unknown): number {
  const answer = grpcAnswer(error);
  if (answer === undefined) throw error;
  return answer.code;
}
