import { enabledEndpoints } from '../domain/catalogue/index.ts';
import { planPasses } from '../domain/plan.ts';
import { quote } from './data-tables.ts';
import type { Store } from './database.ts';
import { endpointStates } from './endpoint-states.ts';
import type { Integration } from './integrations.ts';
import type { Pass } from './passes.ts';
import { summarisePass, type PassSummary } from './status.ts';

/** How far a pass is. */
export interface PassProgress extends PassSummary {
  workflowId: string;
  runId: string;
  /** When it wrote last. */
  activeAt: Date;
  /** It reads everything, not only what has changed since some time. */
  whole: boolean;
  /** Everything is read, and Kombo is asked about what the listing lacks. */
  sweeping: boolean;
}

/** The passes of a full sync, in the order in which they began. */
export async function passesOfFullSync(
  store: Store,
  sync: { integrationId: string; workflowId: string; runId: string },
): Promise<PassProgress[]> {
  // A full sync is one sync, named by the run that has planned it; after a continue-as-new that is an earlier one.
  const { rows } = await store.pool.query<Pass>(
    `with own as (select * from kombo_sync.passes where sync_id = $1 || '/1')
     select * from own
     union all
     select * from kombo_sync.passes where not exists (select from own) and sync_id = (
       select sync_id from kombo_sync.passes
       where integration_id = $2 and workflow_id = $3 and state = 'running' order by id desc limit 1)
     order by started_at, id`,
    [sync.runId, sync.integrationId, sync.workflowId],
  );
  return rows.map(toProgress);
}

/** Everything that is being read for an integration. */
export async function runningPasses(store: Store, integrationId: string): Promise<PassProgress[]> {
  const { rows } = await store.pool.query<Pass>(
    `select * from kombo_sync.passes where integration_id = $1 and state = 'running' order by started_at, id`,
    [integrationId],
  );
  return rows.map(toProgress);
}

/** A pass that has written nothing for so long may have lost the sync that it is of. */
const STALLED_MS = 10 * 60 * 1000;

/** Whether another sync reads endpoints of the integration whole just now. */
export async function isReadWhole(
  store: Store,
  integrationId: string,
  besidesSync: string,
): Promise<boolean> {
  const { rowCount } = await store.pool.query(
    `select from kombo_sync.passes
     where integration_id = $1 and state = 'running' and updated_after is null and sync_id <> $2
       and active_at > now() - $3 * interval '1 millisecond'
     limit 1`,
    [integrationId, besidesSync, STALLED_MS],
  );
  return rowCount === 1;
}

/**
 * How many records a full sync is going to read, by endpoint: as many as the table holds of the integration, since Kombo
 * lists deleted ones too. Null where no full pass has completed, so that nothing is known.
 */
export async function expectedRecords(
  store: Store,
  integration: Pick<Integration, 'id' | 'category' | 'unavailableModels'>,
  options: { models?: readonly string[] | undefined; extraEndpoints: readonly string[] },
): Promise<Map<string, number | null>> {
  const enabled = enabledEndpoints(integration.category, options.extraEndpoints);
  const history = await endpointStates(store, integration.id);
  const { passes } = planPasses({
    kind: 'full',
    enabled,
    history,
    models: options.models,
    unavailableModels: integration.unavailableModels,
    now: new Date(),
    fullRefreshMs: 0,
    force: true,
    asked: true,
    beside: false,
  });
  const expected = new Map<string, number | null>(passes.map(({ endpoint }) => [endpoint, null]));
  const known = enabled.filter(({ path }) => expected.has(path) && history.get(path)?.lastFull);
  if (known.length === 0) return expected;
  const counts = known.map(
    ({ path, table }) =>
      `select '${path}' as endpoint, count(*)::float8 as records from kombo.${quote(table)} where integration_id = $1`,
  );
  const { rows } = await store.pool.query<{ endpoint: string; records: number }>(counts.join(' union all '), [
    integration.id,
  ]);
  for (const { endpoint, records } of rows) expected.set(endpoint, records);
  return expected;
}

function toProgress(pass: Pass): PassProgress {
  return {
    ...summarisePass(pass),
    workflowId: pass.workflow_id,
    runId: pass.run_id,
    activeAt: pass.active_at,
    whole: pass.updated_after === null,
    sweeping: pass.sweep_state === 'due' || pass.sweep_state === 'checking',
  };
}
