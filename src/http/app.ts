import { randomUUID } from 'node:crypto';
import Fastify, { LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { ConfigError } from '../config-error.ts';
import { missing } from '../config.ts';
import { komboByHand } from '../operations/kombo-by-hand.ts';
import { createAdminGate } from './access/admin-gate.ts';
import { boundConnections, createClientErrorHandler, TIMEOUTS } from './access/connections.ts';
import { limits } from './access/limits.ts';
import { measureLag, shedLoad } from './access/load.ts';
import { createSampler } from './access/sampling.ts';
import { createAddresses, WEBHOOK_PATH } from './addresses.ts';
import { docs } from './api/docs.ts';
import { FullSyncs } from './api/full-syncs.ts';
import { apiRoutes } from './api/index.ts';
import { temporalUiOf, type HttpDeps } from './deps.ts';
import { errors, sendFrameworkError } from './errors/handler.ts';
import { createMetrics } from './monitoring/metrics.ts';
import { checkReadiness } from './monitoring/readiness.ts';
import { operationsRoutes } from './monitoring/routes.ts';
import { createSafetyNetReader } from './monitoring/safety-net.ts';
import { createSnapshotReader } from './monitoring/snapshot.ts';
import { statusPageRoutes } from './status-page/routes.ts';
import { createTemporalLinks } from '../temporal/ui.ts';
import { DeliveryCounts } from './webhooks/delivery-counts.ts';
import { createIngest } from './webhooks/ingest.ts';
import { createIssueSender } from './webhooks/issues.ts';
import { comesNear, createNote } from './webhooks/note.ts';
import { webhookRoutes } from './webhooks/route.ts';

/** Short, because a caller waits for the answer. */
const KOMBO_TIMEOUT_MS = 10_000;

/** The app on PORT and the one on OPERATIONS_PORT. Without OPERATIONS_PORT they are the same. */
interface Apps {
  webhooks: FastifyInstance;
  operations: FastifyInstance;
}

/**
 * Builds the HTTP applications. Nothing is connected or listened to yet.
 *
 * @throws ConfigError without a webhook secret, because every delivery would be refused.
 */
export async function buildApps(deps: HttpDeps): Promise<Apps> {
  if (deps.config.KOMBO_WEBHOOK_SECRETS.length === 0) {
    throw new ConfigError([missing('KOMBO_WEBHOOK_SECRETS')]);
  }
  const shared = share(deps);
  const webhooks = await createApp(shared);
  // If a retry of Temporal's client meets a closed connection, it throws where no code can catch it.
  webhooks.addHook('onClose', async () => {
    shared.stopMeasuring();
    await Promise.all([shared.ingest.idle(), shared.issues.idle()]);
    await shared.deliveryCounts.flush();
  });
  await webhooks.register(webhookRoutes(shared));
  const apart = deps.config.OPERATIONS_PORT !== undefined;
  const operations = apart ? await createApp(shared) : webhooks;
  operations.addHook('onClose', () => shared.fullSyncs.close());
  await operations.register(limits);
  await operations.register(docs(shared.addresses));
  const render = async () => {
    const [snapshot, net] = await Promise.all([shared.readSnapshot(), shared.readSafetyNet()]);
    return shared.metrics.render(snapshot, net);
  };
  const ready = () => checkReadiness(shared);
  await operations.register(operationsRoutes({ checkReadiness: ready, render }));
  await operations.register(apiRoutes(shared), { prefix: '/api/v1' });
  await operations.register(statusPageRoutes(shared));
  return { webhooks, operations };
}

/** What the routes share. */
function share(deps: HttpDeps) {
  const { config, store, log } = deps;
  const metrics = createMetrics();
  const addresses = createAddresses(config);
  const lag = measureLag();
  const noted = { ...deps, metrics, sample: createSampler(), deliveryCounts: new DeliveryCounts(store, log) };
  return {
    ...noted,
    addresses,
    lagMs: deps.lagMs ?? lag.lagMs,
    stopMeasuring: lag.stop,
    note: createNote(noted),
    ingest: createIngest(deps, metrics),
    issues: createIssueSender(deps),
    gate: createAdminGate({ config, store, addresses }),
    readSnapshot: createSnapshotReader(deps),
    readSafetyNet: deps.readSafetyNet ?? createSafetyNetReader(deps),
    kombo: komboByHand(config, store, { timeoutMs: KOMBO_TIMEOUT_MS }),
    links: createTemporalLinks(temporalUiOf(deps)),
    fullSyncs: new FullSyncs(log),
  };
}

type Shared = ReturnType<typeof share>;

async function createApp(shared: Shared): Promise<FastifyInstance> {
  const { config, addresses, note } = shared;
  const loggerInstance: FastifyBaseLogger = shared.log;
  const app = Fastify({
    ...TIMEOUTS,
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: 'idle',
    // The answer shows it, so that you find the request in the log.
    genReqId: () => randomUUID(),
    trustProxy: config.TRUST_PROXY,
    rewriteUrl: (request) => addresses.toLocal(request.url ?? '/'),
    clientErrorHandler: createClientErrorHandler(shared),
    frameworkErrors: (error, request, reply) => {
      reply.headers(SAFE_HEADERS);
      sendFrameworkError(error, request, reply);
      if (comesNear(request)) note(request, reply, 'misdirected');
    },
    // An integration id in the address may be longer than the default of 100 characters.
    routerOptions: { maxParamLength: 600 },
  });
  boundConnections(app.server, shared, shared.maxConnections);
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.addHook('onRequest', (_request, reply, done) => {
    reply.headers(SAFE_HEADERS);
    done();
  });
  shedLoad(app, shared, [WEBHOOK_PATH, '/healthz', '/metrics']);
  app.addHook('onResponse', (request, reply, done) => {
    const isTaken = request.routeOptions.url === WEBHOOK_PATH;
    if (reply.statusCode >= 400 && !isTaken && comesNear(request)) note(request, reply, 'misdirected');
    done();
  });
  await app.register(errors);
  return app;
}

/** Keeps browsers from guessing another type for an answer. */
const SAFE_HEADERS = { 'x-content-type-options': 'nosniff' };
