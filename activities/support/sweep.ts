import { getEndpoint } from '../../src/domain/catalogue/index.ts';
import { SyncError } from '../../src/domain/errors.ts';
import { BUDGET_PATIENCE_MS, MAX_PAGES } from '../../src/domain/retry.ts';
import type { EndpointOutcome, SweepOutcome } from '../../src/domain/sync.ts';
import { driftVerdict } from '../../src/domain/counts.ts';
import { noteProgress } from '../../src/store/state/debts.ts';
import { driftOfPass } from '../../src/store/state/drift.ts';
import { learntEndpoint } from '../../src/store/state/extra-endpoints.ts';
import { drawObservation } from '../../src/store/state/observations.ts';
import type { Pass } from '../../src/store/state/passes.ts';
import {
  findCandidates,
  finishSweep,
  nextCandidates,
  settleCandidates,
  type SweepAnswer,
} from '../../src/store/records/sweep.ts';
import type { RowCount } from '../../src/store/records/row-counts.ts';
import type { DatabaseClock } from './clock.ts';
import { writeOptions, type ActivityDeps } from './deps.ts';
import type { Liveness } from './liveness.ts';
import { readPage, type ReadPage } from './read-page.ts';
import { endless } from './walk.ts';

type SweepEnd =
  | { state: 'completed'; pass: Pass; sweep: SweepOutcome; drift: EndpointOutcome['drift'] }
  /** The time box ended, or the worker shuts down. */
  | { state: 'more'; pass: Pass }
  | { state: 'stopped'; pass: Pass; error: SyncError };

interface SweepOptions {
  clock: DatabaseClock;
  liveness: Liveness;
  box: AbortSignal;
  allowMassDeletion: boolean;
}

/** With ids of 24 characters, the address stays below the limit of proxies. */
const ASK_AT_ONCE = 100;
/** How many bytes of records are held until all pages of an answer have arrived. */
const MAX_HELD = 64 * 1024 * 1024;
const TOO_MUCH = Symbol('more than a worker should hold');
/**
 * Far more pages than these records can fill. An endpoint that does not take ids lists everything, and may have more.
 */
const MAX_PAGES_BY_IDS = 1_000;

/**
 * After a complete listing: asks Kombo about each live row that was not listed, and deletes only the rows that Kombo
 * does not return (invariant I15).
 *
 * @throws errors other than those of Kombo and of locks.
 */
export async function sweep(deps: ActivityDeps, listed: Pass, options: SweepOptions): Promise<SweepEnd> {
  const { table } = getEndpoint(listed.endpoint);
  let pass = listed;
  try {
    pass = await deps.gate.write(table, () =>
      findCandidates(
        deps.store,
        listed,
        { maxShare: deps.settings.SWEEP_MAX_SHARE, allowMassDeletion: options.allowMassDeletion },
        (by) => sayCorrected(deps, listed, by),
      ),
    );
    let atOnce = ASK_AT_ONCE;
    for (;;) {
      const asked = pass.sweep_state === 'checking' ? await nextCandidates(deps.store, pass, atOnce) : [];
      if (asked.length === 0) return completed(deps, await finishSweep(deps.store, pass));
      const answer = await ask(deps, pass, asked, options);
      if (answer === TOO_MUCH) {
        atOnce = Math.ceil(asked.length / 2);
        continue;
      }
      const settled = await deps.gate.write(table, () =>
        settleCandidates(deps.store, pass, answer, writeOptions(deps)),
      );
      if (settled.changed) deps.notifyChanges();
      deps.meter?.swept({ integrationId: pass.integration_id, deleted: settled.deleted });
      await noteProgress(deps.store, pass.integration_id, pass.endpoint, 'sweep');
      if (options.liveness.isShuttingDown() || options.box.aborted) return { state: 'more', pass };
    }
  } catch (error) {
    if (error instanceof SyncError) return { state: 'stopped', pass, error };
    throw error;
  }
}

function sayCorrected({ log, meter }: ActivityDeps, pass: Pass, by: RowCount): void {
  const { integration_id: integrationId, endpoint } = pass;
  log.warn(
    { integrationId, endpoint, live: by.live, deleted: by.deleted },
    'The count of rows was wrong and has been corrected by these numbers. Rows change without their count if you change them by hand',
  );
  meter?.recounted({ integrationId });
}

async function ask(
  deps: ActivityDeps,
  pass: Pass,
  asked: readonly string[],
  { clock, liveness }: SweepOptions,
): Promise<SweepAnswer | typeof TOO_MUCH> {
  const endpoint = await learntEndpoint(deps.store, pass.endpoint);
  let observedAt: Date | undefined;
  let askedSeq: number | undefined;
  // All pages of the answer count as asked for when the first one was.
  const draw = async () => {
    observedAt ??= clock.earliest();
    return (askedSeq ??= await drawObservation(deps.store));
  };
  const returned: SweepAnswer['returned'][number][] = [];
  const unreadable: string[] = [];
  let cursor: string | null = null;
  let pageSize: number | undefined;
  let held = 0;
  const seen = new Set<string>();
  const maxPages = endpoint.byIds ? MAX_PAGES_BY_IDS : MAX_PAGES;
  do {
    const page: ReadPage = await readPage(
      deps,
      endpoint,
      {
        integrationId: pass.integration_id,
        endpoint: pass.endpoint,
        ids: asked,
        cursor,
        pageSize,
        signal: liveness.signal,
        kind: 'sweep',
        urgent: false,
        patienceMs: BUDGET_PATIENCE_MS.full,
      },
      clock,
      draw,
    );
    // A tool or proxy that ignores the filter returns everything. Only records that were asked for count.
    const mine = page.storable.filter((record) => asked.includes(record.id));
    returned.push(...mine);
    held += mine.reduce((sum, { raw }) => sum + raw.length, 0);
    if (held > MAX_HELD && asked.length > 1) return TOO_MUCH;
    // A record without a readable id may be any of them, so none of them counts as gone.
    unreadable.push(...page.rejected.flatMap((record) => record.id ?? asked));
    cursor = page.next;
    pageSize = page.nextSize;
    if (cursor === null) break;
    if (seen.has(cursor)) {
      throw new SyncError(
        'CursorRepeated',
        `Kombo repeated a cursor of ${pass.endpoint} while a sweep asked by ids.`,
      );
    }
    seen.add(cursor);
    if (seen.size >= maxPages) throw endless(pass.endpoint, maxPages);
  } while (cursor !== null);
  return { asked, returned, unreadable, observedAt: observedAt!, askedSeq: askedSeq! };
}

function completed({ meter }: ActivityDeps, pass: Pass): SweepEnd {
  const counts = driftOfPass(pass);
  if (pass.drift_before !== null) meter?.drift({ integrationId: pass.integration_id, counts });
  return {
    state: 'completed',
    pass,
    sweep: {
      state: pass.sweep_state === 'stopped' ? 'stopped' : 'done',
      candidates: pass.sweep_candidates,
      deleted: pass.sweep_deleted,
      message: pass.sweep_message ?? undefined,
    },
    drift: pass.drift_before === null ? undefined : { ...counts, verdict: driftVerdict(counts) },
  };
}
