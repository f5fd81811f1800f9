import { getEndpoint, type EndpointDefinition } from '../../src/domain/catalogue/index.ts';
import {
  justBefore,
  NO_SUCH_ID,
  NOTHING_SINCE,
  pickSample,
  SHAPES,
  withLearnt,
  type Learnt,
} from '../../src/domain/learnt.ts';
import { SyncError } from '../../src/domain/errors.ts';
import { prepareRecords } from '../../src/domain/records.ts';
import { BUDGET_PATIENCE_MS } from '../../src/domain/retry.ts';
import type { KomboPage, PageQuery } from '../../src/kombo/client.ts';
import { exactNumber } from '../../src/kombo/json.ts';
import { isToBeLearnt, saveLearnt } from '../../src/store/state/extra-endpoints.ts';
import type { ActivityDeps } from './deps.ts';

/** Small enough to cost little, and large enough to contain a live record. */
const SAMPLE_SIZE = 100;

interface Place {
  integrationId: string;
  endpoint: string;
}

/**
 * Learns which parameters an unknown endpoint takes, before it is listed: once, and again after a week. Kombo may
 * refuse a parameter that an endpoint does not take, ignore it, or return nothing. So each is tried with a record that
 * must be returned and with a value that must return nothing. A doubtful parameter counts as not taken: that costs
 * requests, but never a record.
 *
 * An error here occurs again when the list is read, and is reported there.
 */
export async function learn(deps: ActivityDeps, place: Place, signal: AbortSignal): Promise<void> {
  const endpoint = getEndpoint(place.endpoint);
  if (endpoint.status !== 'unknown' || !(await isToBeLearnt(deps.store, endpoint.path))) return;
  try {
    const learnt = await askWhatItTakes(deps, endpoint, { ...place, signal });
    if (!learnt) return;
    await saveLearnt(deps.store, endpoint.path, learnt);
    deps.log.info({ endpoint: endpoint.path, ...learnt }, 'Learnt which parameters an endpoint takes');
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    const { code } = error;
    deps.log.debug({ ...place, code }, 'An endpoint could not be learnt; the next read tries again');
  }
}

type Asking = Pick<ActivityDeps, 'kombo' | 'budget'>;
type Ask = (query: Pick<PageQuery, 'updatedAfter' | 'ids'>) => Promise<KomboPage>;

/** @returns undefined if Kombo refuses the list in every form. @throws SyncError for any other error of Kombo. */
async function askWhatItTakes(
  deps: Asking,
  endpoint: EndpointDefinition,
  place: Place & { signal: AbortSignal },
): Promise<Learnt | undefined> {
  for (const shape of SHAPES) {
    const definition = withLearnt(endpoint, { ...shape, updatedAfter: true, byIds: true });
    const ask: Ask = (query) =>
      fetchPatiently(deps, { ...place, ...query, definition, pageSize: SAMPLE_SIZE });
    const page = await unlessRefused(ask({}));
    if (!page) continue;
    const { storable } = prepareRecords(endpoint, page.results, exactNumber);
    const sample = pickSample(storable);
    if (!sample) {
      const doubtful = page.next === null ? null : false;
      return { ...shape, updatedAfter: doubtful, byIds: doubtful };
    }
    const { id, changedAt } = sample;
    return {
      ...shape,
      updatedAfter: changedAt !== null && (await takesUpdatedAfter(ask, changedAt)),
      byIds: await takesIds(ask, endpoint, id),
    };
  }
  return undefined;
}

/** Whether the endpoint returns what changed after a time, and nothing if nothing changed. */
async function takesUpdatedAfter(ask: Ask, changedAt: Date): Promise<boolean> {
  const shown = await unlessRefused(ask({ updatedAfter: justBefore(changedAt) }));
  if (!shown || shown.results.length === 0) return false;
  return isEmpty(await unlessRefused(ask({ updatedAfter: NOTHING_SINCE })));
}

/** Whether the endpoint returns the record with an id, and nothing for an id that does not exist. */
async function takesIds(ask: Ask, endpoint: EndpointDefinition, id: string): Promise<boolean> {
  const shown = await unlessRefused(ask({ ids: [id] }));
  const { storable } = prepareRecords(endpoint, shown?.results ?? [], exactNumber);
  if (!storable.some((record) => record.id === id)) return false;
  return isEmpty(await unlessRefused(ask({ ids: [NO_SUCH_ID] })));
}

const isEmpty = (page: KomboPage | undefined) => page?.next === null && page.results.length === 0;

/** A limit that is used up is left to the read, which knows how to wait for it. */
async function fetchPatiently(
  { kombo, budget }: Asking,
  query: PageQuery & { signal: AbortSignal },
): Promise<KomboPage> {
  using _ = await budget.admit({
    ...query,
    kind: 'full',
    urgent: false,
    patienceMs: BUDGET_PATIENCE_MS.full,
  });
  const page = await kombo.fetchPage(query);
  if (page.pauseMs === 0) return page;
  throw new SyncError('RateLimited', `Kombo's limit is used up.`, { retryAfterMs: page.pauseMs });
}

/** Undefined if Kombo refuses this request; it may take another one. */
async function unlessRefused(asking: Promise<KomboPage>): Promise<KomboPage | undefined> {
  try {
    return await asking;
  } catch (error) {
    if (error instanceof SyncError && error.errorClass === 'RequestRejected') return undefined;
    throw error;
  }
}
