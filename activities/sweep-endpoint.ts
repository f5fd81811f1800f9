import { getEndpoint } from '../src/domain/catalogue/index.ts';
import { SyncError } from '../src/domain/errors.ts';
import type { DriftCounts, DriftVerdict, PassCounts, SweepOutcome } from '../src/domain/sync.ts';
import { driftCounts, judgeDrift } from '../src/store/drift.ts';
import { getPass, passCounts, type Pass } from '../src/store/passes.ts';
import {
  findCandidates,
  finishSweep,
  nextCandidates,
  settleCandidates,
  type SweepAnswer,
} from '../src/store/sweep.ts';
import { databaseClock, type DatabaseClock } from './clock.ts';
import type { ActivityDeps } from './deps.ts';
import { asFailures } from './failures.ts';
import { keepAlive, type Liveness } from './liveness.ts';
import { readPage } from './read-page.ts';

export interface SweepInput {
  passId: number;
  allowMassDeletion: boolean;
}

export interface SweepResult {
  /** False when the time box or a shutdown ended the chunk: call again. */
  done: boolean;
  counts: PassCounts;
  sweep?: SweepOutcome;
  /** Missing when there was nothing to compare with. */
  drift?: DriftCounts & { verdict: DriftVerdict };
}

const CHUNK_MS = 4 * 60_000;
/** Ids of 24 characters: the address stays below what proxies allow. */
const ASK_AT_ONCE = 100;

/**
 * After a complete listing: asks Kombo again about each live row that the listing did not show, and only what Kombo does
 * not know then is marked deleted (invariant I15).
 */
export function createSweepEndpoint(deps: ActivityDeps) {
  return async function sweepEndpoint(input: SweepInput): Promise<SweepResult> {
    return asFailures(async () => {
      using liveness = keepAlive();
      const until = performance.now() + (deps.chunkMs ?? CHUNK_MS);
      const clock = await databaseClock(deps.store);
      const found = await getPass(deps.store, input.passId);
      if (!found)
        throw new SyncError('RequestRejected', `Pass ${input.passId} is gone; start a new full sync.`);
      const pass = await findCandidates(deps.store, found, {
        maxShare: deps.settings.SWEEP_MAX_SHARE,
        allowMassDeletion: input.allowMassDeletion,
      });
      for (;;) {
        const asked =
          pass.sweep_state === 'checking' ? await nextCandidates(deps.store, pass, ASK_AT_ONCE) : [];
        if (asked.length === 0) return toResult(await finishSweep(deps.store, pass));
        const answer = await ask(deps, pass, asked, clock, liveness);
        const settled = await settleCandidates(deps.store, pass, answer, {
          eraseEmptied: deps.settings.ERASE_EMPTIED,
          keepRejectedBodies: deps.settings.KEEP_REJECTED_BODIES,
        });
        if (settled.changed) deps.notifyChanges();
        if (liveness.isShuttingDown() || performance.now() >= until) {
          return { done: false, counts: passCounts(pass) };
        }
      }
    });
  };
}

async function ask(
  deps: ActivityDeps,
  pass: Pass,
  asked: readonly string[],
  clock: DatabaseClock,
  liveness: Liveness,
): Promise<SweepAnswer> {
  const endpoint = getEndpoint(pass.endpoint);
  const observedAt = clock.earliest();
  const answer = { returned: [], unreadable: [] } as {
    returned: SweepAnswer['returned'][number][];
    unreadable: string[];
  };
  let cursor: string | null = null;
  const seen = new Set<string>();
  do {
    const page = await readPage(
      deps.kombo,
      endpoint,
      {
        integrationId: pass.integration_id,
        endpoint: pass.endpoint,
        ids: asked,
        cursor,
        signal: liveness.signal,
      },
      clock,
    );
    // A tool or proxy that ignores the filter would return everything: only what was asked for counts.
    answer.returned.push(...page.storable.filter((record) => asked.includes(record.id)));
    // A record that does not say which one it is may be any of them, so none of them counts as gone.
    answer.unreadable.push(...page.rejected.flatMap((record) => record.id ?? asked));
    cursor = page.next;
    if (cursor !== null && seen.has(cursor)) {
      throw new SyncError(
        'CursorRepeated',
        `Kombo repeated a cursor of ${pass.endpoint} while a sweep asked by ids.`,
      );
    }
    if (cursor !== null) seen.add(cursor);
  } while (cursor !== null);
  return { asked, ...answer, observedAt };
}

function toResult(pass: Pass): SweepResult {
  return {
    done: true,
    counts: passCounts(pass),
    sweep: {
      state: pass.sweep_state === 'stopped' ? 'stopped' : 'done',
      candidates: pass.sweep_candidates,
      deleted: pass.sweep_deleted,
      ...(pass.sweep_message === null ? {} : { message: pass.sweep_message }),
    },
    ...(pass.drift_before === null
      ? {}
      : { drift: { ...driftCounts(pass), verdict: judgeDrift(driftCounts(pass)) } }),
  };
}
