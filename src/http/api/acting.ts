import type { Actor, OperationDeps } from '../../operations/deps.ts';
import type { ApiDeps } from './deps.ts';
import { within } from '../../within.ts';

/** The longest time for an act, and Temporal's part of it. */
const ACT_MS = 30_000;
const TEMPORAL_MS = 10_000;

interface ActRequest {
  ip: string;
  headers: { 'x-actor'?: string | undefined };
}

/** The caller, for the audit log. The name is the one that the caller sends. */
function actorOf({ ip, headers }: ActRequest): Actor {
  return { name: headers['x-actor'] ?? 'admin', source: 'api', address: ip };
}

export function operationDeps(deps: ApiDeps, request: ActRequest): OperationDeps {
  const { config, store, temporal, links } = deps;
  return { config, store, temporal, links, actor: actorOf(request) };
}

/**
 * Does an act in the name of the caller, and answers in time. A longer act continues; the audit log says how it ended.
 */
export async function act<T>(
  deps: ApiDeps,
  request: ActRequest,
  work: (deps: OperationDeps) => Promise<T>,
  { temporalMs = TEMPORAL_MS }: { temporalMs?: number } = {},
): Promise<T> {
  const { client } = deps.temporal;
  const deadline = Date.now() + temporalMs;
  return within(
    ACT_MS,
    client.withDeadline(deadline, () => work(operationDeps(deps, request))),
  );
}
