import { TypedSearchAttributes } from '@temporalio/common';
import { type Labels, SEARCH_ATTRIBUTES, searchAttributes } from '../domain/names.ts';
import { isGrpcServiceError } from '@temporalio/client';
import type { TemporalHandle } from './connect.ts';

/** Numbers of the server's IndexedValueType: https://github.com/temporalio/api, enums/v1/common.proto */
const INDEXED_VALUE_TYPE = { KEYWORD: 2, KEYWORD_LIST: 7 } as const;

/** gRPC status codes: https://grpc.io/docs/guides/status-codes/ */
const INVALID_ARGUMENT = 3;
const REFUSED = [7, 12, 16];

/** The server does not let us make search attributes, as on Temporal Cloud; the message says who can. */
class SearchAttributesRefused extends Error {
  override name = 'SearchAttributesRefused';
}

/** Names of our search attributes that the namespace does not have. */
export async function missingSearchAttributes(handle: TemporalHandle): Promise<string[]> {
  try {
    const { customAttributes } = await handle.connection.operatorService.listSearchAttributes({
      namespace: handle.namespace,
    });
    return SEARCH_ATTRIBUTES.map(({ name }) => name).filter((name) => customAttributes?.[name] === undefined);
  } catch (error) {
    if (!isRefused(error)) throw error;
    return unknownToQueries(handle);
  }
}

/**
 * Registers our search attributes.
 *
 * @throws SearchAttributesRefused when some are missing and the server lets no program make them, for example Temporal Cloud.
 */
export async function registerSearchAttributes(handle: TemporalHandle): Promise<{ added: string[] }> {
  const missing = await missingSearchAttributes(handle);
  if (missing.length === 0) return { added: [] };
  const wanted = SEARCH_ATTRIBUTES.filter(({ name }) => missing.includes(name));
  try {
    await handle.connection.operatorService.addSearchAttributes({
      namespace: handle.namespace,
      searchAttributes: Object.fromEntries(wanted.map(({ name, type }) => [name, INDEXED_VALUE_TYPE[type]])),
    });
  } catch (error) {
    if (!isRefused(error)) throw error;
    const list = wanted.map(
      ({ name, type }) => `${name} (${type === 'KEYWORD' ? 'Keyword' : 'KeywordList'})`,
    );
    throw new SearchAttributesRefused(
      `Namespace ${handle.namespace} lacks search attributes, and its server does not let setup make them: ${list.join(', ')}. ` +
        'Add them in the Temporal Cloud UI (namespace, custom search attributes), then run setup again.',
    );
  }
  return { added: missing };
}

/** Where the list is not to be had, a query that names an unknown attribute is refused as such. */
async function unknownToQueries(handle: TemporalHandle): Promise<string[]> {
  const checked = await Promise.all(
    SEARCH_ATTRIBUTES.map(async ({ name }) => {
      try {
        const query = `${name} = 'none'`;
        await handle.connection.workflowService.countWorkflowExecutions({
          namespace: handle.namespace,
          query,
        });
        return [];
      } catch (error) {
        if (codeOf(error) === INVALID_ARGUMENT) return [name];
        throw error;
      }
    }),
  );
  return checked.flat();
}

function isRefused(error: unknown): boolean {
  const code = codeOf(error);
  return code !== undefined && REFUSED.includes(code);
}

function codeOf(error: unknown): number | undefined {
  return isGrpcServiceError(error) ? error.code : undefined;
}

/** The labels of a run or a schedule; given at the start they cost nothing. */
export const toSearchAttributes = (labels: Labels) => new TypedSearchAttributes(searchAttributes(labels));
