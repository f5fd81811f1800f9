/*
 * What a statement needs to know of the newest passes of an endpoint, which it names `e.path`. One look-up in an index each,
 * however long the history is; null where there is no such pass.
 */

/** `complete.watermark_at`: everything that Kombo had by then is in Postgres. */
export const joinComplete = (integrationId: string) => `left join lateral (
  select p.watermark_at from kombo_sync.passes p
  where p.integration_id = ${integrationId} and p.endpoint = e.path and p.state = 'completed' and p.moves_watermark
  order by p.watermark_at desc limit 1) complete on true`;

/** `whole.started_at`: when the last pass began that has read all of it. */
export const joinWhole = (integrationId: string) => `left join lateral (
  select p.started_at from kombo_sync.passes p
  where p.integration_id = ${integrationId} and p.endpoint = e.path and p.state = 'completed' and p.updated_after is null
  order by p.started_at desc limit 1) whole on true`;
