import { isAskedFor, type Ask, type Circumstances, type Decision, type EndpointHistory } from './decide.ts';
import type { DebtKind } from './reads.ts';

/** A try of a failing read that must come at this time or before. */
export interface Hastened {
  kind: DebtKind;
  at: Date;
}

/**
 * If a webhook comes within RETRY_INTERVAL of the last try, the read is not tried at once. But its pause may be an
 * hour, or a day if the tool did not offer the endpoint. A webhook is news, so the next try comes after RETRY_INTERVAL.
 */
export function hasten(
  { debts }: Pick<EndpointHistory, 'debts'>,
  ask: Ask,
  decisions: readonly Decision[],
  { retryMs }: Pick<Circumstances, 'retryMs'>,
): Hastened[] {
  if (ask.by !== 'webhook' || !isAskedFor(ask)) return [];
  const isSkipped = decisions.some((decision) => decision.do === 'skip');
  const waits = (kind: DebtKind) =>
    decisions.some(
      (decision) => decision.do === 'owe' && decision.kind === kind && decision.failure !== null,
    );
  return (Object.keys(debts) as DebtKind[]).flatMap((kind) => {
    const { failure, dueAt } = debts[kind]!;
    if (!failure || !(failure.errorClass === 'EndpointDisabled' ? isSkipped : waits(kind))) return [];
    const at = new Date(failure.triedAt.getTime() + retryMs);
    return failure.givenUp || dueAt === null || dueAt > at ? [{ kind, at }] : [];
  });
}
