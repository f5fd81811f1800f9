import type { Store } from '../../src/store/database.ts';

/** What the passes that are there come to, endpoint by endpoint. */
const FROM_PASSES = `
  select integration_id, endpoint,
    max(watermark_at) filter (where moves_watermark) as watermark_at,
    (array_agg(id order by watermark_at desc) filter (where moves_watermark))[1] as watermark_pass,
    max(started_at) filter (where updated_after is null) as last_full_at,
    (array_agg(finished_at order by started_at desc) filter (where updated_after is null))[1] as last_full_ended_at,
    (array_agg(id order by started_at desc) filter (where updated_after is null))[1] as last_full_pass,
    (select d.verdict from kombo_sync.drift d where d.integration_id = p.integration_id and d.endpoint = p.endpoint
     order by d.at desc limit 1) as drift
  from kombo_sync.passes p where state = 'completed' and (moves_watermark or updated_after is null)
    and ($1::text is null or integration_id = $1)
  group by integration_id, endpoint`;

/** After a test has changed passes by hand, of all integrations or of one, so that the states of the endpoints say the same. */
export async function statesFromPasses(store: Pick<Store, 'pool'>, id: string | null = null): Promise<void> {
  await store.pool.query(
    `insert into kombo_sync.endpoint_states
       (integration_id, endpoint, watermark_at, watermark_pass, last_full_at, last_full_ended_at, last_full_pass, drift) ${FROM_PASSES}
     on conflict (integration_id, endpoint) do update set
       watermark_at = excluded.watermark_at, watermark_pass = excluded.watermark_pass,
       last_full_at = excluded.last_full_at, last_full_ended_at = excluded.last_full_ended_at,
       last_full_pass = excluded.last_full_pass, drift = excluded.drift`,
    [id],
  );
  await store.pool.query(
    `delete from kombo_sync.endpoint_states s where ($1::text is null or s.integration_id = $1) and not exists (
       select from (${FROM_PASSES}) p where p.integration_id = s.integration_id and p.endpoint = s.endpoint)`,
    [id],
  );
}

/** Endpoints whose state is not what their passes come to. */
export async function wrongStates(store: Pick<Store, 'pool'>): Promise<unknown[]> {
  const { rows } = await store.pool.query(
    `select integration_id, endpoint, s.watermark_at, p.watermark_at as of_passes, s.last_full_at, p.last_full_at as full_of_passes
     from kombo_sync.endpoint_states s full join (${FROM_PASSES}) p using (integration_id, endpoint)
     where (s.watermark_at, s.last_full_at, s.last_full_ended_at, s.drift)
       is distinct from (p.watermark_at, p.last_full_at, p.last_full_ended_at, p.drift)`,
    [null],
  );
  return rows;
}

/** As if everything had been read so long ago. */
export async function ageWatermarks(
  store: Pick<Store, 'pool'>,
  integrationId: string,
  by: string,
): Promise<void> {
  await store.pool.query(
    `update kombo_sync.passes set watermark_at = watermark_at - $2::interval where integration_id = $1`,
    [integrationId, by],
  );
  await statesFromPasses(store, integrationId);
}
