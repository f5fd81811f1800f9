import { CATEGORIES, enabledEndpoints, ownModel } from '../domain/catalogue/index.ts';
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

/**
 * `owed.since`: what was told of since then is not in Postgres yet; null where nothing is owed. `owed.refused`: the tool has
 * said that it does not offer the endpoint.
 */
export const joinOwed = (integrationId: string) => `cross join lateral (
  select min(d.since) filter (where d.kind in ('delta', 'full')) as since,
    coalesce(bool_or(d.failure_class = 'EndpointDisabled'), false) as refused
  from kombo_sync.debts d where d.integration_id = ${integrationId} and d.endpoint = e.path) owed`;

/** SQL for a column of times as microseconds since 1970: exact, where a Date knows milliseconds only. */
export const microseconds = (column: string) => `(extract(epoch from ${column}) * 1000000)::bigint`;

/** SQL for the time that so many microseconds are. */
export const momentOf = (parameter: string) =>
  `(timestamptz 'epoch' + ${parameter}::bigint * interval '1 microsecond')`;

/** The endpoints that are read, as three lists for `unnest`: categories, paths, and the models that they list. */
export function readEndpoints(extraEndpoints: readonly string[]): [string[], string[], string[]] {
  const read = CATEGORIES.flatMap((category) => enabledEndpoints(category, extraEndpoints));
  return [
    read.map((endpoint) => endpoint.category),
    read.map((endpoint) => endpoint.path),
    read.map((endpoint) => ownModel(endpoint) ?? ''),
  ];
}
