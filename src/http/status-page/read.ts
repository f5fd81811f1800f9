import { listAudit } from '../../store/state/audit.ts';
import { listDeliveries } from '../../store/state/deliveries.ts';
import { listDrift } from '../../store/state/drift.ts';
import { listUnknown } from '../../store/state/unknown-integrations.ts';
import { readNotices } from '../../store/reports/notices.ts';
import { countOverview, findOverview, listOverview } from '../../store/reports/overview.ts';
import { endpointStatuses, runningSyncs, syncHistory } from '../../store/reports/status.ts';
import { describeSchedule, nextFullSyncs } from '../../temporal/schedule-state.ts';
import type { HttpDeps } from '../deps.ts';
import { within } from '../../within.ts';
import type { IntegrationData, ListData } from './data.ts';
import type { Frame } from './layout.ts';
import type { PageQuery } from './query.ts';

const PAGE_SIZE = 50;
const UNKNOWN_SHOWN = 20;
const SYNCS_SHOWN = 15;
/** Reports, one for each endpoint of a full sync: about the last five of them. */
const DRIFT_SHOWN = 60;
const ACTS_SHOWN = 20;
const TEMPORAL_TIMEOUT_MS = 2_000;

/** What the list shows. A fixed number of statements, and one question to Temporal, however many integrations there are. */
export async function readList(deps: HttpDeps, query: PageQuery): Promise<Omit<ListData, keyof Frame>> {
  const { store, config, temporal } = deps;
  const filter = { search: query.search ?? undefined, category: query.category ?? undefined };
  const narrowed = Boolean(query.search || query.category);
  const plain = !narrowed && !query.failing && query.status === null && query.after === null;
  const listed = listOverview(
    store,
    {
      ...filter,
      status: query.status ?? undefined,
      failing: query.failing,
      after: query.after ?? undefined,
      limit: PAGE_SIZE,
    },
    config.EXTRA_ENDPOINTS,
  );
  const [{ integrations, next }, schedules, totals, found, notices, unknown] = await Promise.all([
    listed,
    listed.then((page) => {
      const ids = page.integrations.map(({ id }) => id);
      return askTemporal(deps, () => nextFullSyncs(temporal.client, ids));
    }),
    countOverview(store),
    narrowed ? countOverview(store, filter) : undefined,
    readNotices(store),
    plain ? listUnknown(store, UNKNOWN_SHOWN) : [],
  ]);
  return {
    integrations,
    next,
    totals,
    found: found ?? totals,
    nextFullSyncs: schedules,
    notices,
    legacyMode: config.LEGACY_WEBHOOKS ? 'on' : 'off',
    unknown,
  };
}

/** What the page of one integration shows; undefined when there is none with this id. */
export async function readIntegration(
  deps: HttpDeps,
  id: string,
): Promise<Omit<IntegrationData, keyof Frame> | undefined> {
  const { store, config, temporal } = deps;
  const integration = await findOverview(store, id, config.EXTRA_ENDPOINTS);
  if (!integration) return undefined;
  const [endpoints, running, syncs, drift, deliveries, audit, schedules] = await Promise.all([
    endpointStatuses(store, id, config.EXTRA_ENDPOINTS),
    runningSyncs(store, id),
    syncHistory(store, id, SYNCS_SHOWN),
    listDrift(store, id, DRIFT_SHOWN),
    listDeliveries(store, id),
    listAudit(store, { integrationId: id, limit: ACTS_SHOWN }),
    askTemporal(deps, () => describeSchedule(temporal.client, id)),
  ]);
  const retentionMs = config.DELETED_RETENTION;
  return { integration, endpoints, running, syncs, drift, deliveries, audit, schedules, retentionMs };
}

/** The answer, or undefined when Temporal does not give one in time: the page comes without it. */
async function askTemporal<T>({ temporal }: HttpDeps, work: () => Promise<T>): Promise<T | undefined> {
  const bounded = temporal.client.withDeadline(Date.now() + TEMPORAL_TIMEOUT_MS, work);
  return within(TEMPORAL_TIMEOUT_MS, bounded).catch(() => undefined);
}
