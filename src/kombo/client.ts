import type { Config } from '../config.ts';
import { MAX_PAGE_SIZE } from '../domain/page-size.ts';
import { SyncError } from '../domain/errors.ts';
import { findEndpoint, type EndpointDefinition } from '../domain/catalogue/index.ts';
import { REQUEST_TIMEOUT_MS } from '../domain/retry.ts';
import { isIntegrationId } from '../domain/text.ts';
import { codeAndPeer } from '../outages/index.ts';
import type { Secret } from '../secret.ts';
import { readAnswer, type Answer } from './answer.ts';
import { INTEGRATION_ANSWER, PAGE, type KomboIntegration } from './schemas.ts';

/** The default of KOMBO_MAX_ANSWER. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
/** Code of a request that was not answered in time. */
export const TIMED_OUT = 'TIMED_OUT';

export interface PageQuery {
  integrationId: string;
  /** Path of a list. */
  endpoint: string;
  /** What it takes, if more is known of it than the catalogue says. */
  definition?: EndpointDefinition | undefined;
  cursor?: string | null | undefined;
  updatedAfter?: Date | null | undefined;
  /** Only these records, if the endpoint takes ids; otherwise everything. */
  ids?: readonly string[] | undefined;
  /** How many records to ask for, if the endpoint has pages; by default, the most that Kombo allows. */
  pageSize?: number | undefined;
  signal?: AbortSignal | undefined;
}

export interface KomboPage {
  results: unknown[];
  /** Cursor of the next page, or null. */
  next: string | null;
  /** Kombo's clock, by the Date header. */
  date: Date | null;
  /** Milliseconds to wait before the next request when the rate limit is used up. */
  pauseMs: number;
  /** How long the answer was, unpacked. */
  bytes: number;
}

export interface KomboClient {
  /** One page of a list endpoint, with the filters that a sync always sends. @throws SyncError */
  fetchPage(query: PageQuery): Promise<KomboPage>;
  /** @throws SyncError of class IntegrationGone if Kombo does not know it. */
  getIntegration(integrationId: string, options?: RequestOptions): Promise<KomboIntegration>;
  /** Checks the key; returns Kombo's clock. @throws SyncError of class AccessDenied if the key is wrong. */
  checkApiKey(): Promise<{ date: Date | null }>;
}

interface RequestOptions {
  timeoutMs?: number;
  signal?: AbortSignal;
}

interface KomboClientOptions {
  baseUrl: string;
  apiKey: Secret;
  fetch?: typeof fetch;
  timeoutMs?: number | undefined;
  /** How long an answer may be, unpacked. */
  maxBytes?: number | undefined;
}

/** The client that the settings ask for; undefined without a key. */
export function komboOf(
  config: Pick<Config, 'KOMBO_API_URL' | 'KOMBO_API_KEY' | 'KOMBO_MAX_ANSWER'>,
  timeoutMs?: number,
): KomboClient | undefined {
  const { KOMBO_API_KEY: apiKey, KOMBO_API_URL: baseUrl, KOMBO_MAX_ANSWER: maxBytes } = config;
  return apiKey && createKomboClient({ baseUrl, apiKey, maxBytes, timeoutMs });
}

/**
 * Plain HTTP instead of Kombo's SDK: a page must survive an unknown enum value or a new field, numbers must stay exact,
 * and the answer's headers matter.
 */
export function createKomboClient(options: KomboClientOptions): KomboClient {
  const request = async (
    path: string,
    query: URLSearchParams,
    init: { integrationId?: string; signal?: AbortSignal | undefined; timeoutMs?: number },
  ): Promise<Answer> => {
    const url = `${options.baseUrl}${path}${query.size > 0 ? `?${query.toString()}` : ''}`;
    const timeoutMs = Math.min(init.timeoutMs ?? Infinity, options.timeoutMs ?? REQUEST_TIMEOUT_MS);
    const timeout = AbortSignal.timeout(timeoutMs);
    const headers: Record<string, string> = {
      authorization: `Bearer ${options.apiKey.reveal()}`,
      accept: 'application/json',
    };
    if (init.integrationId !== undefined) headers['x-integration-id'] = init.integrationId;
    try {
      const response = await (options.fetch ?? fetch)(url, {
        headers,
        redirect: 'error',
        signal: init.signal ? AbortSignal.any([timeout, init.signal]) : timeout,
      });
      return await readAnswer(path, response, options.maxBytes ?? MAX_ANSWER_BYTES);
    } catch (error) {
      if (error instanceof SyncError) throw error;
      init.signal?.throwIfAborted();
      throw unreachable(path, timeout.aborted ? timeoutMs : undefined, error);
    }
  };

  return {
    async fetchPage(query) {
      const answer = await request(query.endpoint, listParameters(query), query);
      const page = PAGE.safeParse(answer.body);
      if (!page.success) {
        throw new SyncError(
          'Unavailable',
          `${query.endpoint} answered without a list of results and the cursor of the next page.`,
        );
      }
      // An empty cursor ends the listing, as null does.
      return {
        results: page.data.data.results,
        next: page.data.data.next || null,
        date: answer.date,
        pauseMs: answer.pauseMs,
        bytes: answer.bytes,
      };
    },
    async getIntegration(integrationId, init = {}) {
      if (!isIntegrationId(integrationId)) {
        throw new SyncError(
          'RequestRejected',
          'Kombo was not asked: this cannot be the id of an integration.',
        );
      }
      const path = `/integrations/${encodeURIComponent(integrationId)}`;
      const { body } = await request(path, new URLSearchParams(), init);
      const found = INTEGRATION_ANSWER.safeParse(body).data?.data;
      if (!found) throw new SyncError('Unavailable', 'GET /integrations/{id} answered in an unknown form.');
      if (found.id !== integrationId) {
        throw new SyncError('Unavailable', 'GET /integrations/{id} answered about another integration.');
      }
      return found;
    },
    async checkApiKey() {
      const { date } = await request('/check-api-key', new URLSearchParams(), {});
      return { date };
    },
  };
}

/** Kombo's cursor does not carry the filters: they go with every page. */
function listParameters(query: PageQuery): URLSearchParams {
  const endpoint = query.definition ?? findEndpoint(query.endpoint);
  const parameters = new URLSearchParams();
  if (endpoint?.paginated !== false) parameters.set('page_size', String(query.pageSize ?? MAX_PAGE_SIZE));
  if (endpoint?.includeDeleted !== false) parameters.set('include_deleted', 'true');
  if (query.updatedAfter && endpoint && endpoint.delta !== 'none') {
    parameters.set(endpoint.delta, query.updatedAfter.toISOString());
  }
  if (query.ids && endpoint?.byIds !== false) parameters.set('ids', query.ids.join(','));
  if (query.cursor) parameters.set('cursor', query.cursor);
  return parameters;
}

function unreachable(path: string, timeoutMs: number | undefined, error: unknown): SyncError {
  if (timeoutMs !== undefined) {
    const what = `Kombo did not answer ${path} within ${timeoutMs / 1000} s.`;
    return new SyncError('Unavailable', what, { code: TIMED_OUT, cause: error });
  }
  const why = codeAndPeer(error);
  const what = `Kombo cannot be reached for ${path}${why ? ` (${why.reason})` : ''}.`;
  return new SyncError('Unavailable', what, { code: why?.code ?? 'NETWORK', cause: error });
}
