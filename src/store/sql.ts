import { sql, type RawBuilder } from 'kysely';
import { CATEGORIES, ownModel, type EndpointDefinition } from '../domain/catalogue/index.ts';
import { NO_CHOICE, selectEndpoints, type EndpointSettings } from '../domain/choice.ts';
import { namesOf, nestedNamesOf } from '../domain/model-names.ts';

/**
 * What the completed passes of an endpoint, which a statement names `e.path`, come to. `state.watermark_at`: everything that
 * Kombo had by then is in Postgres. `state.last_full_at`: when the last pass began that has read all of it. Null where there
 * is no such pass.
 */
export const joinState = (integrationId: string) => `left join kombo_sync.endpoint_states state
  on state.integration_id = ${integrationId} and state.endpoint = e.path`;

/**
 * `owed.since`: changes reported since then may not be in Postgres; null if nothing is owed. `owed.refused`: the tool
 * has said that it does not offer the endpoint.
 */
export const joinOwed = (integrationId: string) => `cross join lateral (
  select min(d.since) filter (where d.kind in ('delta', 'full')) as since,
    coalesce(bool_or(d.failure_class = 'EndpointDisabled'), false) as refused
  from kombo_sync.debts d where d.integration_id = ${integrationId} and d.endpoint = e.path) owed`;

/** SQL for a column of times as microseconds since 1970. A Date would be less exact: it has only milliseconds. */
export const microseconds = (column: string) => `(extract(epoch from ${column}) * 1000000)::bigint`;

/** SQL for the time after this many microseconds since 1970. */
export const momentOf = (parameter: string) =>
  `(timestamptz 'epoch' + ${parameter}::bigint * interval '1 microsecond')`;

/** The endpoints that the settings allow. */
export function endpointsRead(settings: EndpointSettings): EndpointDefinition[] {
  return CATEGORIES.flatMap((category) => selectEndpoints({ category, ...NO_CHOICE }, settings).read);
}

/**
 * SQL for the endpoints that the settings allow, with the model that each lists and the names that pick it.
 * `isChosenBy` says which of them an integration reads.
 */
export function settingsRead(settings: EndpointSettings): RawBuilder<unknown> {
  const read = endpointsRead(settings);
  const column = (of: (endpoint: (typeof read)[number]) => string) => sql`${read.map(of)}::text[]`;
  return sql`unnest(${column(({ category }) => category)}, ${column(({ path }) => path)},
    ${column((endpoint) => ownModel(endpoint) ?? '')}, ${column((endpoint) => namesOf(endpoint).join(' '))},
    ${column((endpoint) => nestedNamesOf(endpoint).join(' '))}) as e(category, path, model, names, nested)`;
}

/**
 * SQL for whether the choice of an integration includes endpoint `e`, like `isChosen` of the domain. `names` and
 * `nested` of `e` are separated by spaces. @param integration the name of its row in the statement
 */
export const isChosenBy = (integration: string) =>
  `((${integration}.models is null or ${arePicking(`${integration}.models`)})
    and (${integration}.exclude_models is null or not ${arePicking(`${integration}.exclude_models`)}))`;

const arePicking = (names: string) => `exists (
  select from unnest(${names}) as picked(name)
  where picked.name = any(string_to_array(e.nested, ' ')) or exists (
    select from unnest(string_to_array(e.names, ' ')) as own(name)
    where own.name like replace(regexp_replace(picked.name, '([\\\\_%])', '\\\\\\1', 'g'), '*', '%')))`;
