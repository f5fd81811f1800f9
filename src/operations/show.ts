import { selectEndpoints, type NotChosen } from '../domain/choice.ts';
import type { ListOptions } from '../store/listed.ts';
import {
  listDrift,
  listSyncs,
  type DriftReport,
  type HistoryKey,
  type SyncSummary,
} from '../store/reports/history.ts';
import {
  listOverview,
  readTotals,
  type IntegrationOverview,
  type OverviewFilter,
  type Totals,
} from '../store/reports/overview.ts';
import { listFailing, type FailingRead } from '../store/reports/status.ts';
import { listDeliveries, type CountedDeliveries } from '../store/state/deliveries.ts';
import { listIssues, type IssueFilter, type IssueKey, type OpenIssue } from '../store/state/issues.ts';
import type { Integration } from '../store/state/integrations.ts';
import { readKomboLimit, type KomboLimit } from '../store/state/kombo-budget.ts';
import {
  listUnknown,
  type UnknownIntegration,
  type UnknownKey,
} from '../store/state/unknown-integrations.ts';
import { toCursor } from './cursor.ts';
import type { OperationDeps } from './deps.ts';
import { erasureOf, type Erasure } from './erasure.ts';
import { requireIntegration } from './require.ts';

/*
 * What commands and pages show. The command line prints these objects with --json and the API answers with them, so
 * both have the same shape.
 */

export type ShowDeps = Pick<OperationDeps, 'config' | 'store' | 'links'>;

export interface IntegrationPage {
  integrations: IntegrationOverview[];
  /** Id of the last one, to continue after; null on the last page. */
  next: string | null;
  /** Counts over all integrations; filters do not change them. */
  totals: Totals;
  /** Failing reads of the integrations on the page; those that need attention come first. */
  failing: FailingRead[];
  /** Open issues at Kombo, of the integrations on the page and of the whole environment; the newest first. */
  issues: OpenIssue[];
  komboLimit: SharedLimit;
}

/** What all workers may ask of Kombo, together. */
export interface SharedLimit extends KomboLimit {
  /** The settings KOMBO_REQUESTS_PER_MINUTE and KOMBO_CONCURRENCY; null if they are not set. */
  requestsPerMinute: number | null;
  concurrency: number | null;
}

/** More issues on one page say nothing new. */
const MOST_ISSUES = 200;

/** A page of the integrations, or all of them with `all`. */
export async function showIntegrations(
  { config, store }: Pick<ShowDeps, 'config' | 'store'>,
  { all = false, ...options }: OverviewFilter & ListOptions<string> & { all?: boolean | undefined },
): Promise<IntegrationPage> {
  const integrations: IntegrationOverview[] = [];
  let next = options.after ?? null;
  for (;;) {
    const asked = { ...options, after: next ?? undefined };
    const page = await listOverview(store, asked, config);
    integrations.push(...page.entries);
    next = page.next;
    if (!all || next === null) break;
  }
  const ids = integrations.map(({ id }) => id);
  const [limit, totals, failing, issues] = await Promise.all([
    readKomboLimit(store),
    readTotals(store),
    listFailing(store, ids),
    listIssues(store, { of: [null, ...ids], limit: MOST_ISSUES }),
  ]);
  const komboLimit = {
    ...limit,
    requestsPerMinute: config.KOMBO_REQUESTS_PER_MINUTE ?? null,
    concurrency: config.KOMBO_CONCURRENCY ?? null,
  };
  return { integrations, next, totals, failing, issues: issues.entries, komboLimit };
}

/** An integration, its webhooks, and when its data is erased. */
export interface IntegrationLife extends Integration {
  /** Endpoints that are not read because they are not chosen. */
  notChosen: NotChosen[];
  /** When its data is erased; null if it is kept or already erased. */
  erasure: Erasure | null;
  deliveries: CountedDeliveries[];
  /** Open issues at Kombo, the newest first. */
  issues: OpenIssue[];
}

export async function showLife({ config, store }: ShowDeps, id: string): Promise<IntegrationLife> {
  const integration = await requireIntegration(store, id);
  const erasure = erasureOf(integration, config);
  const [deliveries, issues] = await Promise.all([
    listDeliveries(store, id),
    listIssues(store, { of: [id], limit: MOST_ISSUES }),
  ]);
  const { notChosen } = selectEndpoints(integration, config);
  return { ...integration, notChosen, erasure, deliveries, issues: issues.entries };
}

type HistoryOptions = ListOptions<HistoryKey> & { integrationId: string };

export interface PastSync extends SyncSummary {
  /** Its run in Temporal's UI; null if TEMPORAL_UI_URL is not set. */
  temporalUrl: string | null;
}

export interface SyncPage {
  syncs: PastSync[];
  next: string | null;
}

/** The syncs of an integration, newest first. */
export async function showSyncs({ store, links }: ShowDeps, options: HistoryOptions): Promise<SyncPage> {
  await requireIntegration(store, options.integrationId);
  const { entries, next } = await listSyncs(store, options);
  const syncs = entries.map((sync) => ({ ...sync, temporalUrl: links.run(sync) }));
  return { syncs, next: next && toCursor(next) };
}

export interface DriftPage {
  drift: DriftReport[];
  next: string | null;
}

/** What the full syncs of an integration had to repair, newest first. */
export async function showDrift(
  { store }: Pick<ShowDeps, 'store'>,
  options: HistoryOptions,
): Promise<DriftPage> {
  await requireIntegration(store, options.integrationId);
  const { entries, next } = await listDrift(store, options);
  return { drift: entries, next: next && toCursor(next) };
}

export interface IssuePage {
  issues: OpenIssue[];
  next: string | null;
}

/** Issues that are open at Kombo, the newest first. */
export async function showIssues(
  { store }: Pick<ShowDeps, 'store'>,
  options: IssueFilter & ListOptions<IssueKey>,
): Promise<IssuePage> {
  const { entries, next } = await listIssues(store, options);
  return { issues: entries, next: next && toCursor(next) };
}

export interface UnknownPage {
  integrations: UnknownIntegration[];
  next: string | null;
}

/** Ids that webhooks named but Kombo does not know; the one named last comes first. */
export async function showUnknown(
  { store }: Pick<ShowDeps, 'store'>,
  options: ListOptions<UnknownKey>,
): Promise<UnknownPage> {
  const { entries, next } = await listUnknown(store, options);
  return { integrations: entries, next: next && toCursor(next) };
}
