import type { EndpointDefinition } from '../../src/domain/catalogue/index.ts';
import { INPUT_INVALID, isKnownCode, POLICIES, SyncError } from '../../src/domain/errors.ts';
import { MAX_PAGE_SIZE, nextPageSize, PAGE_BYTES, smallerPage } from '../../src/domain/page-size.ts';
import { prepareRecords } from '../../src/domain/records.ts';
import type { DebtKind } from '../../src/domain/reads.ts';
import { FIRST_PAGE_PAUSE_MS, PAGE_PATIENCE_MS, PAGE_TRIES } from '../../src/domain/retry.ts';
import { askedByKombo, clockCorrection } from '../../src/domain/window.ts';
import { TIMED_OUT, type PageQuery } from '../../src/kombo/client.ts';
import { exactNumber } from '../../src/kombo/json.ts';
import type { Page } from '../../src/store/records/commit-page.ts';
import type { DatabaseClock } from './clock.ts';
import { delay } from './delay.ts';
import type { ActivityDeps } from './deps.ts';

export interface ReadPage extends Page {
  /** Milliseconds to wait before the next request. */
  pauseMs: number;
  /** How many records to ask for next. */
  nextSize: number;
  /** It takes so much memory that the next page must wait. */
  isLarge: boolean;
  /** To be called once the page is written: its bytes are used again for another one. */
  release?: (() => void) | undefined;
}

/**
 * Reads one page and prepares it for writing. It waits out short troubles, because a retry by Temporal costs more than
 * a second of waiting. It splits a page that is too large. After a timeout it does not try again: that has cost enough.
 *
 * @param draw numbers the moment before each try, as `drawObservation` does; after a wait, an earlier number is too old.
 */
export async function readPage(
  { kombo, fields, budget }: Pick<ActivityDeps, 'kombo' | 'fields' | 'budget'>,
  endpoint: EndpointDefinition,
  query: PageQuery & { signal: AbortSignal; kind: DebtKind; urgent: boolean; patienceMs: number },
  clock: DatabaseClock,
  draw: (waited: boolean) => Promise<number>,
): Promise<ReadPage> {
  const policy = fields.incoming(endpoint);
  let pageSize = query.pageSize ?? MAX_PAGE_SIZE;
  for (let tries = 1; ; tries += 1) {
    using admitted = await budget.admit(query);
    const askedSeq = await draw(admitted.waited);
    const observedAt = clock.earliest();
    const sent = performance.now();
    try {
      // What is to be kept out has to be found in the values.
      const asBytes = policy === undefined;
      const page = await kombo.fetchPage({ ...query, definition: endpoint, pageSize, asBytes });
      const tookMs = performance.now() - sent;
      const prepared = prepareRecords(endpoint, page.results, exactNumber, policy);
      return {
        ...prepared,
        results: page.results.length,
        next: page.next,
        observedAt,
        askedSeq,
        clockCorrectionMs: clockCorrection(page.date, clock.latest()),
        komboAskedAt: askedByKombo(page.date, tookMs),
        pauseMs: page.pauseMs,
        nextSize: nextPageSize(pageSize, page.bytes),
        isLarge: page.bytes > PAGE_BYTES,
        release: page.release,
      };
    } catch (error) {
      if (!(error instanceof SyncError)) throw error;
      if (query.cursor && error.code === INPUT_INVALID) {
        throw new SyncError('CursorRefused', error.what, { code: error.code });
      }
      const smaller = error.errorClass === 'AnswerTooLarge' ? smallerPage(pageSize) : undefined;
      if (endpoint.paginated && smaller !== undefined) {
        pageSize = smaller;
        tries -= 1;
        continue;
      }
      if (isNotOfferedYet(endpoint, error)) {
        const { code, what } = error;
        throw new SyncError('EndpointDisabled', `${what} Kombo does not offer this new endpoint here yet.`, {
          code,
        });
      }
      if (endpoint.status === 'unknown' && error.errorClass === 'RequestRejected') {
        const remedy = 'Check the path in EXTRA_ENDPOINTS, or take it out.';
        throw new SyncError('RequestRejected', error.what, { code: error.code, remedy });
      }
      const pause = error.retryAfterMs ?? FIRST_PAGE_PAUSE_MS * 2 ** (tries - 1);
      const { passing } = POLICIES[error.errorClass];
      if (!passing || error.code === TIMED_OUT || tries >= PAGE_TRIES || pause > PAGE_PATIENCE_MS)
        throw error;
      await delay(pause, query.signal);
    }
  }
}

/** Kombo does not document its answer for a new endpoint that an environment does not have. */
function isNotOfferedYet({ isNew }: EndpointDefinition, { errorClass, code }: SyncError): boolean {
  return isNew && errorClass === 'RequestRejected' && !(code !== null && isKnownCode(code));
}
