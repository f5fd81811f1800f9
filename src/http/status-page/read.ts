import { listAudit } from '../../store/state/audit.ts';
import { listConsumers } from '../../store/state/consumers.ts';
import { listDeliveries } from '../../store/state/deliveries.ts';
import { listIssues } from '../../store/state/issues.ts';
import { listUnknown } from '../../store/state/unknown-integrations.ts';
import { readNotices } from '../../store/reports/notices.ts';
import { countOverview, findOverview, listOverview } from '../../store/reports/overview.ts';
import { listDrift, listSyncs, syncsUnderWay } from '../../store/reports/history.ts';
import { endpointStatuses } from '../../store/reports/status.ts';
import { keptOut } from '../../operations/list-fields.ts';
import { describeSchedule, nextFullSyncs } from '../../temporal/schedule-state.ts';
import type { SafetyNet } from '../../operations/safety-net.ts';
import type { HttpDeps } from '../deps.ts';
import { within } from '../../within.ts';
import type { IntegrationData, ListData } from './data.ts';
import type { Frame } from './layout.ts';
import type { PageQuery } from './query.ts';

const PAGE_SIZE = 50;
const UNKNOWN_SHOWN = 20;
const CONSUMERS_SHOWN = 50;
const SYNCS_SHOWN = 15;
const ISSUES_SHOWN = 200;
/** Reports, one for each endpoint of a full sync: enough for about five full syncs. */
const DRIFT_SHOWN = 60;
const ACTS_SHOWN = 20;
const TEMPORAL_TIMEOUT_MS = 2_000;

/** What pages need beside the rest. */
export interface PageDeps {
  readSafetyNet(): Promise<SafetyNet | undefined>;
}

/** What the list shows. A fixed number of statements, and one question to Temporal, however many integrations there are. */
export async function readList(
  deps: HttpDeps & PageDeps,
  query: PageQuery,
): Promise<Omit<ListData, keyof Frame>> {
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
    config,
  );
  const [
    { entries: integrations, next },
    schedules,
    totals,
    found,
    notices,
    unknown,
    consumers,
    issues,
    safetyNet,
  ] = await Promise.all([
    listed,
    listed.then((page) => {
      const ids = page.entries.map(({ id }) => id);
      return askTemporal(deps, () => nextFullSyncs(temporal.client, ids));
    }),
    countOverview(store),
    narrowed ? countOverview(store, filter) : undefined,
    readNotices(store),
    plain ? listUnknown(store, { limit: UNKNOWN_SHOWN }) : undefined,
    plain ? listConsumers(store, { limit: CONSUMERS_SHOWN }) : undefined,
    listed.then((page) => {
      const of = [null, ...page.entries.map(({ id }) => id)];
      return listIssues(store, { of, limit: ISSUES_SHOWN });
    }),
    deps.readSafetyNet(),
  ]);
  return {
    integrations,
    next,
    totals,
    found: found ?? totals,
    nextFullSyncs: schedules,
    notices,
    safetyNet,
    keptOut: keptOut(config),
    legacyMode: config.LEGACY_WEBHOOKS ? 'on' : 'off',
    unknown: unknown?.entries ?? [],
    consumers: consumers ?? [],
    issues: issues.entries,
  };
}

/** The data of an integration's page; undefined if there is no integration with this id. */
export async function readIntegration(
  deps: HttpDeps,
  id: string,
): Promise<Omit<IntegrationData, keyof Frame> | undefined> {
  const { store, config, temporal } = deps;
  const integration = await findOverview(store, id, config);
  if (!integration) return undefined;
  const [endpoints, running, syncs, drift, deliveries, audit, schedules, issues] = await Promise.all([
    endpointStatuses(store, id, config),
    syncsUnderWay(store, id),
    listSyncs(store, { integrationId: id, limit: SYNCS_SHOWN }),
    listDrift(store, { integrationId: id, limit: DRIFT_SHOWN }),
    listDeliveries(store, id),
    listAudit(store, { integrationId: id, limit: ACTS_SHOWN }),
    askTemporal(deps, () => describeSchedule(temporal.client, id)),
    listIssues(store, { of: [id], limit: ISSUES_SHOWN }),
  ]);
  const retentionMs = config.DELETED_RETENTION;
  return {
    integration,
    issues: issues.entries,
    endpoints,
    schema: store.schemas.data,
    running,
    syncs: syncs.entries,
    drift: drift.entries,
    deliveries,
    audit: audit.entries,
    schedules,
    retentionMs,
  };
}

/** Temporal's answer; undefined if it does not answer in time, and then the page is shown without it. */
async function askTemporal<T>({ temporal }: HttpDeps, work: () => Promise<T>): Promise<T | undefined> {
  const bounded = temporal.client.withDeadline(Date.now() + TEMPORAL_TIMEOUT_MS, work);
  return within(TEMPORAL_TIMEOUT_MS, bounded).catch(() => undefined);
}
