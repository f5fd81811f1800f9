import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { CATALOGUE, type EndpointDefinition } from '../../src/domain/catalogue/index.ts';
import { modelOf } from '../model/index.ts';
import { takenOf } from '../state/extra.ts';
import type { IntegrationState } from '../state/integration.ts';
import type { World } from '../state/world.ts';
import { applyFaults } from './apply-faults.ts';
import { ApiError, invalidInput, sendError } from './errors.ts';
import { faultOf, type Fault, type FaultQueue } from './faults.ts';
import { integrationBody } from './integration-body.ts';
import { cursorBefore, listPage } from './list.ts';
import { readListQuery } from './query.ts';
import type { RateLimit } from './rate-limit.ts';
import type { LoggedRequest, RequestLog } from './request-log.ts';

export interface ApiDeps {
  world: World;
  apiKey: string;
  faults: FaultQueue;
  rateLimit: RateLimit;
  requests: RequestLog;
}

declare module 'fastify' {
  interface FastifyRequest {
    sandboxFaults: readonly Fault[];
    sandboxLog: LoggedRequest | undefined;
  }
}

const PREFIX = '/v1';

/** Kombo's API below `/v1`. */
export function buildApp(deps: ApiDeps): FastifyInstance {
  const app = Fastify({ logger: false, forceCloseConnections: true });
  app.decorateRequest('sandboxFaults');
  app.decorateRequest('sandboxLog', undefined);
  app.register(
    (api, _options, done) => {
      addHooks(api, deps);
      api.get('/check-api-key', (_request, reply) =>
        success(reply, { environment_id: 'sandbox', customer_id: 'sandbox' }),
      );
      api.get<{ Params: { id: string } }>('/integrations/:id', (request, reply) => {
        const integration = deps.world.find(request.params.id);
        if (!integration) throw notFound();
        return success(reply, integrationBody(integration));
      });
      api.put<{ Params: { id: string }; Body: unknown }>('/integrations/:id/enabled', (request, reply) => {
        const integration = deps.world.find(request.params.id);
        if (!integration) throw notFound();
        integration.setEnabled(readEnabled(request.body));
        return success(reply, {});
      });
      for (const endpoint of CATALOGUE) {
        api.get(endpoint.path, (request, reply) => answerList(deps, endpoint, request, reply));
      }
      // Endpoints of `addEndpoint`.
      api.get<{ Params: { '*': string } }>('/*', (request, reply) => {
        const extra = deps.world.extra.find(`/${request.params['*']}`);
        if (!extra) throw noEndpoint();
        const taken = takenOf(extra, request.query as Record<string, unknown>);
        return answerList(deps, extra.definition, request, reply, taken);
      });
      done();
    },
    { prefix: PREFIX },
  );
  app.setErrorHandler((error, _request, reply) => {
    if (error instanceof ApiError) return sendError(reply, error);
    if (isClientError(error)) return sendError(reply, invalidInput(String(error)));
    return sendError(reply, new ApiError('PLATFORM.UNKNOWN_ERROR', String(error)));
  });
  app.setNotFoundHandler((_request, reply) => sendError(reply, noEndpoint()));
  return app;
}

function addHooks(api: FastifyInstance, { world, apiKey, faults, rateLimit, requests }: ApiDeps): void {
  api.addHook('onRequest', async (request, reply) => {
    const path = decodeURI(request.url.slice(PREFIX.length).split('?')[0]!);
    const query = request.query as Record<string, string>;
    const integrationId = integrationIdOf(request);
    const now = world.now();
    request.sandboxLog = { method: request.method, path, query, integrationId, at: now, status: undefined };
    requests.add(request.sandboxLog);
    request.sandboxFaults = faults.take({ path, integrationId, query });
    const skew = faultOf(request.sandboxFaults, 'clock-skew')?.ms ?? 0;
    reply.header('date', new Date(now.getTime() + skew).toUTCString());
    if (await applyFaults(reply, request.sandboxFaults)) return reply;
    if (request.headers.authorization !== `Bearer ${apiKey}`) {
      return sendError(reply, new ApiError('PLATFORM.AUTHENTICATION_INVALID', 'The API key is not valid.'));
    }
    const taken = rateLimit.take(now.getTime());
    reply.headers(taken.headers);
    if (!taken.allowed) {
      return sendError(reply, new ApiError('PLATFORM.RATE_LIMIT_EXCEEDED', 'Too many requests.'));
    }
    return undefined;
  });
  api.addHook('onSend', async (request, _reply, payload: unknown) => {
    if (!faultOf(request.sandboxFaults, 'truncate') || typeof payload !== 'string') return payload;
    return payload.slice(0, Math.ceil(payload.length / 2));
  });
  api.addHook('onResponse', (request, reply, done) => {
    if (request.sandboxLog) request.sandboxLog.status = reply.statusCode;
    done();
  });
}

/** @param parameters with null, the page is empty. */
function answerList(
  deps: ApiDeps,
  endpoint: EndpointDefinition,
  request: FastifyRequest,
  reply: FastifyReply,
  parameters: Record<string, unknown> | null = request.query as Record<string, unknown>,
): FastifyReply {
  const { seed } = deps.world;
  const faults = request.sandboxFaults;
  const integration = readableIntegration(deps.world, endpoint, request);
  if (!parameters) return sendPage(reply, [], null);
  const query = readListQuery(endpoint, parameters);
  if (faultOf(faults, 'refuse-cursor')) {
    throw new ApiError('PLATFORM.INPUT_INVALID', 'The cursor is not valid any more.');
  }
  if (faultOf(faults, 'empty-page')) {
    return sendPage(reply, [], cursorBefore(integration, endpoint, query, seed));
  }
  const page = listPage(integration, endpoint, query, seed);
  return sendPage(reply, page.records, faultOf(faults, 'repeat-cursor') ? query.cursor! : page.next);
}

/** Records are joined as text, since `setRaw` can make a record of text that no serialiser would write. */
function sendPage(reply: FastifyReply, records: readonly string[], next: string | null): FastifyReply {
  const body = `{"status":"success","data":{"next":${JSON.stringify(next)},"results":[${records.join(',')}]}}`;
  return reply.type('application/json; charset=utf-8').send(body);
}

function readableIntegration(
  world: World,
  endpoint: EndpointDefinition,
  request: FastifyRequest,
): IntegrationState {
  const header = request.headers['x-integration-id'];
  if (typeof header !== 'string' || header === '') {
    throw new ApiError('PLATFORM.INPUT_INVALID', 'The header X-Integration-Id is missing.');
  }
  const integration = world.find(header);
  if (!integration) throw notFound();
  const problem = readProblem(integration, endpoint);
  if (problem) throw new ApiError(problem, `${endpoint.path} of ${header} cannot be read.`);
  return integration;
}

function readProblem(integration: IntegrationState, endpoint: EndpointDefinition): string | undefined {
  const { readError, status, setupStatus, qaStatus } = integration.settings;
  if (readError) return readError;
  if (status === 'INACTIVE') return 'INTEGRATION.INACTIVE';
  if (setupStatus === 'INCOMPLETE') return 'INTEGRATION.SETUP_INCOMPLETE';
  if (setupStatus === 'FINAL_SYNC_PENDING') return 'INTEGRATION.SETUP_SYNC_PENDING';
  if (qaStatus === 'FAILED') return 'INTEGRATION.QA_FAILED';
  if (endpoint.category !== integration.category) return 'INTEGRATION.MODEL_NOT_AVAILABLE';
  return integration.problems.get(modelOf(endpoint.table).name);
}

function readEnabled(body: unknown): boolean {
  const value = (body as { value?: unknown } | null | undefined)?.value;
  if (typeof value !== 'boolean') throw invalidInput('The body must be {"value": true} or {"value": false}.');
  return value;
}

function integrationIdOf(request: FastifyRequest): string | undefined {
  const header = request.headers['x-integration-id'];
  if (typeof header === 'string') return header;
  return (request.params as { id?: string }).id;
}

/** An error of Fastify's own, for example for a body that is not JSON. */
function isClientError(error: unknown): boolean {
  const { statusCode = 500 } = error as { statusCode?: number };
  return statusCode >= 400 && statusCode < 500;
}

function noEndpoint(): ApiError {
  return new ApiError('PLATFORM.INPUT_INVALID', 'There is no such endpoint.', 404);
}

function notFound(): ApiError {
  return new ApiError('PLATFORM.INTEGRATION_NOT_FOUND', 'There is no such integration.');
}

function success(reply: FastifyReply, data: unknown): FastifyReply {
  return reply.send({ status: 'success', data });
}
