import type { Config } from '../config.ts';
import { MAX_PAGE_SIZE } from '../domain/page-size.ts';
import { SyncError } from '../domain/errors.ts';
import type { AskedKombo, RequestClass } from '../domain/meter.ts';
import { findEndpoint, type EndpointDefinition } from '../domain/catalogue/index.ts';
import { limitMs, REQUEST_TIMEOUT_MS } from '../domain/retry.ts';
import { isIntegrationId } from '../domain/text.ts';
import { codeAndPeer } from '../outages/index.ts';
import type { Secret } from '../secret.ts';
import { readAnswer, type Answer, type ReadBody } from './answer.ts';
import { readLimits, type Limits } from './limits.ts';
import { readListing } from './listing.ts';
import { INTEGRATION_ANSWER, PAGE, type KomboIntegration } from './schemas.ts';
import { sendByHttp, type Transport } from './transport.ts';

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
  /** Leaves records as bytes (`ScannedRecord`) unless something in them has to be looked at. */
  asBytes?: boolean | undefined;
}

export interface KomboPage {
  /** Parsed JSON, or `ScannedRecord`. */
  results: unknown[];
  /** Cursor of the next page, or null. */
  next: string | null;
  /** Kombo's clock, by the Date header. */
  date: Date | null;
  /** Milliseconds to wait before the next request when the rate limit is used up. */
  pauseMs: number;
  /** How long the answer was, unpacked. */
  bytes: number;
  /** To be called once nothing looks at the results any more; they must not be used afterwards. */
  release?: () => void;
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
  signal?: AbortSignal | undefined;
}

interface Init extends RequestOptions {
  what: RequestClass;
  integrationId?: string;
  read?: ReadBody | undefined;
}

interface KomboClientOptions {
  baseUrl: string;
  apiKey: Secret;
  /** By default Node's HTTP client; a `fetch` is one too. */
  send?: Transport;
  timeoutMs?: number | undefined;
  /** How long an answer may be, unpacked. */
  maxBytes?: number | undefined;
  onLimits?: OnLimits | undefined;
  /** Told of each request. */
  onAsked?: ((request: AskedKombo) => void) | undefined;
}

/** Called with what each answer says of the limit; `blockedMs` with a refusal because of it. */
export type OnLimits = (integrationId: string, limits: Limits | null, blockedMs?: number) => void;

/** The client that the settings ask for; undefined without a key. */
export function komboOf(
  config: Pick<Config, 'KOMBO_API_URL' | 'KOMBO_API_KEY' | 'KOMBO_MAX_ANSWER'>,
  options: Pick<KomboClientOptions, 'timeoutMs' | 'onAsked' | 'onLimits'> = {},
): KomboClient | undefined {
  const { KOMBO_API_KEY: apiKey, KOMBO_API_URL: baseUrl, KOMBO_MAX_ANSWER: maxBytes } = config;
  return apiKey && createKomboClient({ baseUrl, apiKey, maxBytes, ...options });
}

/**
 * Plain HTTP instead of Kombo's SDK: a page must survive an unknown enum value or a new field, numbers must stay exact,
 * and the answer's headers matter.
 */
export function createKomboClient(options: KomboClientOptions): KomboClient {
  const request = async (path: string, query: URLSearchParams, init: Init): Promise<Answer> => {
    const sent = performance.now();
    let status: AskedKombo['status'] = 'unreachable';
    const url = `${options.baseUrl}${path}${query.size > 0 ? `?${query.toString()}` : ''}`;
    const timeoutMs = Math.min(init.timeoutMs ?? Infinity, options.timeoutMs ?? REQUEST_TIMEOUT_MS);
    const timeout = AbortSignal.timeout(timeoutMs);
    const headers: Record<string, string> = {
      authorization: `Bearer ${options.apiKey.reveal()}`,
      accept: 'application/json',
    };
    if (init.integrationId !== undefined) headers['x-integration-id'] = init.integrationId;
    let limits: Limits | null = null;
    try {
      const response = await (options.send ?? sendByHttp)(url, {
        headers,
        signal: init.signal ? AbortSignal.any([timeout, init.signal]) : timeout,
      });
      ({ status } = response);
      limits = readLimits(response.headers);
      const answer = await readAnswer(path, response, options.maxBytes ?? MAX_ANSWER_BYTES, init.read);
      options.onLimits?.(init.integrationId ?? '', limits);
      return answer;
    } catch (error) {
      if (error instanceof SyncError) {
        const blockedMs = error.errorClass === 'RateLimited' ? limitMs(error) : undefined;
        options.onLimits?.(init.integrationId ?? '', limits, blockedMs);
        throw error;
      }
      status = timeout.aborted ? 'timeout' : 'unreachable';
      if (init.signal?.aborted) status = 'cancelled';
      init.signal?.throwIfAborted();
      throw unreachable(path, timeout.aborted ? timeoutMs : undefined, error);
    } finally {
      options.onAsked?.({ endpoint: init.what, status, ms: performance.now() - sent });
    }
  };

  return {
    async fetchPage(query) {
      const { integrationId, endpoint, signal } = query;
      const definition = query.definition ?? findEndpoint(endpoint);
      const read: ReadBody | undefined =
        query.asBytes && definition ? (bytes) => readListing(bytes, definition) : undefined;
      const what = query.ids ? 'ids' : 'list';
      const answer = await request(endpoint, listParameters(query), { what, integrationId, signal, read });
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
        release: answer.release,
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
      const { body } = await request(path, new URLSearchParams(), { ...init, what: 'integration' });
      const found = INTEGRATION_ANSWER.safeParse(body).data?.data;
      if (!found) throw new SyncError('Unavailable', 'GET /integrations/{id} answered in an unknown form.');
      if (found.id !== integrationId) {
        throw new SyncError('Unavailable', 'GET /integrations/{id} answered about another integration.');
      }
      return found;
    },
    async checkApiKey() {
      const { date } = await request('/check-api-key', new URLSearchParams(), { what: 'api-key' });
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
