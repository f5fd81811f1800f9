import { SEARCH_ATTRIBUTES } from './names.ts';
import type { TemporalHandle } from './connect.ts';

/** Numbers of the server's IndexedValueType: https://github.com/temporalio/api, enums/v1/common.proto */
const INDEXED_VALUE_TYPE = { KEYWORD: 2, KEYWORD_LIST: 7 } as const;

/** Names of our search attributes that the namespace does not have. */
export async function missingSearchAttributes(handle: TemporalHandle): Promise<string[]> {
  const { customAttributes } = await handle.connection.operatorService.listSearchAttributes({
    namespace: handle.namespace,
  });
  return SEARCH_ATTRIBUTES.map(({ name }) => name).filter((name) => customAttributes?.[name] === undefined);
}

/**
 * Registers our search attributes. Temporal Cloud does not allow this over its API: there they are made in the UI or with
 * `temporal cloud`, and an error says so.
 */
export async function registerSearchAttributes(handle: TemporalHandle): Promise<{ added: string[] }> {
  const missing = await missingSearchAttributes(handle);
  if (missing.length === 0) return { added: [] };
  const wanted = SEARCH_ATTRIBUTES.filter(({ name }) => missing.includes(name));
  await handle.connection.operatorService.addSearchAttributes({
    namespace: handle.namespace,
    searchAttributes: Object.fromEntries(wanted.map(({ name, type }) => [name, INDEXED_VALUE_TYPE[type]])),
  });
  return { added: missing };
}
