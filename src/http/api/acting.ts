import type { AuditSource } from '../../domain/audit.ts';
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

type ActDeps = Pick<ApiDeps, 'config' | 'store' | 'temporal' | 'links'>;
type Source = Extract<AuditSource, 'api' | 'page'>;

/** Who asks, for the audit log. The name is what the caller says. */
function actorOf({ ip, headers }: ActRequest, source: Source): Actor {
  return { name: headers['x-actor'] ?? 'admin', source, address: ip };
}

export function operationDeps(deps: ActDeps, request: ActRequest, source: Source = 'api'): OperationDeps {
  const { config, store, temporal, links } = deps;
  return { config, store, temporal, links, actor: actorOf(request, source) };
}

/**
 * Does an act in the name of the caller, and answers in time. A longer act continues; the audit log says how it ended.
 */
export async function act<T>(
  deps: ActDeps,
  request: ActRequest,
  work: (deps: OperationDeps) => Promise<T>,
  { temporalMs = TEMPORAL_MS, source = 'api' }: { temporalMs?: number; source?: Source } = {},
): Promise<T> {
  const { client } = deps.temporal;
  const deadline = Date.now() + temporalMs;
  return within(
    ACT_MS,
    client.withDeadline(deadline, () => work(operationDeps(deps, request, source))),
  );
}
