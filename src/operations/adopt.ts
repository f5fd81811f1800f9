import { explain, outageOf, type KomboKind } from '../outages/index.ts';
import { isAboutOne } from '../temporal/each.ts';
import type { LookUpDeps } from './deps.ts';
import { OperationError } from './errors.ts';
import { addIntegration, type AddedIntegration } from './integrations.ts';
import { createPace } from './pace.ts';
import { patientLookUps } from './patient-kombo.ts';

/** The outcome for one id. */
export interface Adopted {
  id: string;
  outcome: 'added' | 'known' | 'failed';
  /** State of its first full sync. Null if it was read before, you asked for no sync, or it failed. */
  sync: 'started' | 'running' | 'waiting' | null;
  /** Why it failed or waits. */
  message: string | null;
}

export interface Adoption {
  /** In the order in which they finished. */
  integrations: Adopted[];
  /** How many ids were not tried. */
  left: number;
  /** When the last of the first full syncs begins; null if none is delayed. */
  lastBeginsAt: Date | null;
  /** The error that ended it early; undefined if it ran to the end. */
  stopped: unknown;
}

interface AdoptOptions {
  /** Start the first full sync of integrations that were never read. */
  sync: boolean;
  /** How many of these syncs begin per minute, after the first ten. */
  perMinute: number;
  onDone?: (adopted: Adopted) => void;
  /** Stops it; look-ups under way are finished. */
  signal?: AbortSignal;
}

/** By bench/scale.ts: most of the time is Temporal's, which makes two schedules and a run for each. */
const AT_ONCE = 16;
/** So many in a row that Kombo does not answer mean that it is away. */
const UNAVAILABLE_IN_A_ROW = 8;

/**
 * Adds the integrations that exist already. Kombo cannot list them, so you pass their ids. If one id fails, the others
 * are still added. An error that concerns all of them (Kombo refuses the key, Postgres or Temporal is away) ends it.
 * Safe to repeat: integrations that were added stay as they are; ids that failed or were not tried are tried.
 */
export async function adoptIntegrations(
  deps: LookUpDeps,
  ids: readonly string[],
  options: AdoptOptions,
): Promise<Adoption> {
  const { sync, signal, onDone = () => {} } = options;
  const kombo = { ...deps.kombo, getIntegration: patientLookUps(deps.kombo, signal) };
  const pace = createPace(options.perMinute);
  const adoption: Adoption = { integrations: [], left: ids.length, lastBeginsAt: null, stopped: undefined };
  let next = 0;
  let unavailable = 0;

  const tell = (adopted: Adopted) => {
    adoption.integrations.push(adopted);
    onDone(adopted);
  };
  const adopt = async (id: string) => {
    try {
      const added = await addIntegration({ ...deps, kombo }, id, { sync }, pace);
      unavailable = 0;
      const beginsAt = added.sync?.beginsAt ?? null;
      if (beginsAt && beginsAt > (adoption.lastBeginsAt ?? new Date(0))) adoption.lastBeginsAt = beginsAt;
      tell({ id, outcome: added.new ? 'added' : 'known', ...syncOf(added, sync) });
    } catch (error) {
      if (signal?.aborted) return;
      unavailable = isUnavailable(error) ? unavailable + 1 : 0;
      if (!isAboutId(error) || unavailable >= UNAVAILABLE_IN_A_ROW) adoption.stopped ??= error;
      else tell({ id, outcome: 'failed', sync: null, message: explain(error) });
    }
  };
  const work = async () => {
    for (let index = next++; index < ids.length; index = next++) {
      if (adoption.stopped !== undefined || signal?.aborted) return;
      await adopt(ids[index]!);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  adoption.left = ids.length - adoption.integrations.length;
  return adoption;
}

function syncOf(added: AddedIntegration, wanted: boolean): Pick<Adopted, 'sync' | 'message'> {
  if (added.sync) return { sync: added.sync.alreadyRunning ? 'running' : 'started', message: null };
  if (added.waiting && wanted) return { sync: 'waiting', message: added.waiting.message };
  return { sync: null, message: null };
}

function isUnavailable(error: unknown): boolean {
  const outage = outageOf(error);
  return outage?.part === 'kombo' && outage.kind === 'away';
}

/** Whether an error of Kombo concerns one integration, or all of them. */
const IS_ABOUT_ID: Record<KomboKind, boolean> = {
  away: true,
  busy: true,
  'refused-credentials': false,
  rejected: true,
};

/** Whether only this integration cannot be added, so that the next one may succeed. */
function isAboutId(error: unknown): boolean {
  if (error instanceof OperationError) return true;
  const outage = outageOf(error);
  if (outage?.part === 'kombo') return IS_ABOUT_ID[outage.kind];
  return outage?.part === 'temporal' && isAboutOne(error);
}
