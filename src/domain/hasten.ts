import { isAskedFor, type Ask, type Circumstances, type Decision, type EndpointHistory } from './decide.ts';
import type { DebtKind } from './sync.ts';

/** A try of what fails that is not to come later than this. */
export interface Hastened {
  kind: DebtKind;
  at: Date;
}

/**
 * A webhook that comes within RETRY_INTERVAL of the last try is not tried at once. Its pause may be an hour, or a day where the
 * tool did not offer the endpoint; it is news all the same, so the next try comes as soon as it may.
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
