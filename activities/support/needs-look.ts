import type { Debt } from '../../src/domain/decide.ts';
import { REMOVED } from '../../src/domain/life.ts';
import { LOOK_UP, type PassKind } from '../../src/domain/reads.ts';
import type { Asked } from '../../src/domain/wanted.ts';
import { databaseTime } from '../../src/store/database.ts';
import { readDebts } from '../../src/store/state/debts.ts';
import type { Integration } from '../../src/store/state/integrations.ts';
import type { ActivityDeps } from './deps.ts';

/** The input of a sync that may make it look its integration up. */
interface LookReasons extends Pick<Asked, 'models' | 'urgent' | 'lookUp' | 'deletedAt'> {
  kind: PassKind;
}

const LOOK_UP_EVERY_MS = 24 * 60 * 60 * 1000;
const LOOK_UP_UNAVAILABLE_EVERY_MS = 60 * 60 * 1000;

/**
 * An integration is looked up if it is new, parked, or its data is outdated, if a webhook reports a change, and once a
 * day.
 */
export async function needsLook(
  deps: ActivityDeps,
  known: Integration | undefined,
  input: LookReasons,
): Promise<boolean> {
  if (!known || input.lookUp || input.deletedAt !== undefined || known.announcedDeletedAt) return true;
  const now = await databaseTime(deps.store);
  const debt = (await readDebts(deps.store, known.id)).get(LOOK_UP)?.['look-up'];
  const { status, dataExpiredAt, unavailableModels, lookedUpAt, retryAt } = known;
  if (debt) {
    const isPlanned = status === 'parked' && retryAt !== null && retryAt <= now;
    return input.urgent === true || isDue(debt, now) || isPlanned;
  }
  if (lookedUpAt === null) return true;
  const ageMs = now.getTime() - lookedUpAt.getTime();
  // A 404 may have been a mistake, for example with a key of another environment. Otherwise, late deliveries about a
  // deleted integration cost one look-up a day: it may have been connected again with the same id, and the first
  // webhook lost.
  if (status === 'removed') {
    return ageMs >= LOOK_UP_EVERY_MS || (known.statusCode === REMOVED.unknown && !known.erasedAt);
  }
  // The tool may offer by now the models that were named.
  const byHand = input.urgent === true || input.kind === 'full';
  const offered =
    (byHand || ageMs >= LOOK_UP_UNAVAILABLE_EVERY_MS) &&
    (input.models ?? []).some((model) => unavailableModels.includes(model));
  return ageMs >= LOOK_UP_EVERY_MS || offered || status === 'parked' || dataExpiredAt !== null;
}

function isDue({ dueAt }: Debt, now: Date): boolean {
  return dueAt === null || dueAt <= now;
}
