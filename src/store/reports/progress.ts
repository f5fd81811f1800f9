import { sql } from 'kysely';
import { isOffered } from '../../domain/catalogue/index.ts';
import { selectEndpoints, type Choice, type EndpointSettings } from '../../domain/choice.ts';
import { refusalOf } from '../../domain/decide.ts';
import { routeModels } from '../../domain/routing.ts';
import type { Store } from '../database.ts';
import { NO_ROWS, readRowCounts } from '../records/row-counts.ts';
import { historyOf, IS_ALIVE, readHistory } from '../state/endpoint-history.ts';
import type { Integration } from '../state/integrations.ts';
import type { Pass } from '../state/passes.ts';
import { summarisePass, type PassSummary } from './history.ts';

/** How far a pass is. */
export interface PassProgress extends PassSummary {
  workflowId: string;
  runId: string;
  /** When it wrote last. */
  activeAt: Date;
  /** It reads everything, not only changes since a time. */
  whole: boolean;
}

/** The passes of a full sync, in the order in which they began. */
export async function passesOfFullSync(
  store: Store,
  sync: { integrationId: string; workflowId: string; runId: string },
): Promise<PassProgress[]> {
  // A full sync is one sync, named after the run that planned it. After a continue-as-new, that is an earlier run.
  const { rows } = await sql<Pass>`
    with own as (select * from kombo_sync.passes where sync_id = ${`${sync.runId}/1`})
    select * from own
    union all
    select * from kombo_sync.passes where not exists (select from own) and sync_id = (
      select sync_id from kombo_sync.passes
      where integration_id = ${sync.integrationId} and workflow_id = ${sync.workflowId} and state = 'running'
      order by id desc limit 1)
    order by started_at, id`.execute(store.db);
  return rows.map(toProgress);
}

/** Everything that is being read or swept for an integration. */
export async function runningPasses(store: Store, integrationId: string): Promise<PassProgress[]> {
  const { rows } = await sql<Pass>`
    select * from kombo_sync.passes
    where integration_id = ${integrationId} and (state = 'running' or sweep_state in ('due', 'checking'))
      and ${sql.raw(IS_ALIVE)}
    order by started_at, id`.execute(store.db);
  return rows.map(toProgress);
}

/**
 * How many records a full sync will read, by endpoint: as many as the table has for the integration, because Kombo
 * lists deleted ones too. Null if no full pass has completed, because then this is not known.
 */
export async function expectedRecords(
  store: Store,
  integration: Pick<Integration, 'id' | 'category' | 'unavailableModels' | keyof Choice>,
  options: { models?: readonly string[] | undefined; settings: EndpointSettings },
): Promise<Map<string, number | null>> {
  const { read: chosen, all } = selectEndpoints(integration, options.settings);
  const route = routeModels(options.models ?? [], all);
  const named = new Set([...route.delta, ...route.full]);
  const history = await readHistory(
    store,
    integration.id,
    chosen.map(({ path }) => path),
  );
  const read = chosen.filter(
    (endpoint) =>
      (options.models === undefined || named.has(endpoint.path)) &&
      isOffered(endpoint, integration.unavailableModels) &&
      !refusalOf(historyOf(history, endpoint.path)),
  );
  const expected = new Map<string, number | null>(read.map(({ path }) => [path, null]));
  const known = read.filter(({ path }) => historyOf(history, path).lastFull);
  const counts = await readRowCounts(store, integration.id);
  for (const { path, table } of known) {
    const { live, deleted } = counts.get(table) ?? NO_ROWS;
    expected.set(path, live + deleted);
  }
  return expected;
}

function toProgress(pass: Pass): PassProgress {
  return {
    ...summarisePass(pass),
    workflowId: pass.workflow_id,
    runId: pass.run_id,
    activeAt: pass.active_at,
    whole: pass.updated_after === null,
  };
}
