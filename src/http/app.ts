import Fastify, { LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { ConfigError } from '../config.ts';
import { DeliveryCounts } from './delivery-counts.ts';
import type { HttpDeps } from './deps.ts';
import { createIngest } from './ingest.ts';
import { createMetrics } from './metrics.ts';
import { createAdminGate } from './plugins/admin-token.ts';
import { docs } from './plugins/docs.ts';
import { errors } from './plugins/errors.ts';
import { integrationRoutes } from './routes/integrations.ts';
import { operationsRoutes } from './routes/operations.ts';
import { statusPageRoutes } from './routes/status-page.ts';
import { webhookRoutes } from './routes/webhooks.ts';
import { createSnapshotReader } from './snapshot.ts';

/** How long a client may take to send a request. */
const REQUEST_TIMEOUT_MS = 10_000;
/** Above the usual 60 s of load balancers, so that it is they who close idle connections. */
const KEEP_ALIVE_MS = 65_000;

/**
 * Builds the HTTP application. Nothing is connected or listened to yet.
 *
 * @throws ConfigError without a webhook secret: everything unsigned would have to be refused anyway.
 */
export async function buildApp(deps: HttpDeps): Promise<FastifyInstance> {
  if (deps.config.KOMBO_WEBHOOK_SECRETS.length === 0) {
    throw new ConfigError(
      'KOMBO_WEBHOOK_SECRETS is missing; set it to the secret of your webhook, from the Kombo dashboard.',
    );
  }
  const loggerInstance: FastifyBaseLogger = deps.log;
  const app = Fastify({
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true }),
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    forceCloseConnections: 'idle',
    // An integration id in the address may be longer than the default of 100 characters.
    routerOptions: { maxParamLength: 600 },
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);

  const metrics = createMetrics();
  const shared = {
    ...deps,
    metrics,
    ingest: createIngest(deps, metrics),
    deliveryCounts: new DeliveryCounts(deps.store, deps.log),
    gate: createAdminGate(deps.config.ADMIN_TOKEN),
    readSnapshot: createSnapshotReader(deps),
  };
  // A try that Temporal's client plans must not meet a closed connection: it throws where nobody can catch it.
  app.addHook('onClose', async () => {
    await shared.ingest.idle();
    await shared.deliveryCounts.flush();
  });
  await app.register(errors);
  await app.register(docs);
  await app.register(webhookRoutes(shared));
  await app.register(operationsRoutes(shared));
  await app.register(integrationRoutes(shared), { prefix: '/api/v1' });
  await app.register(statusPageRoutes(shared));
  return app;
}
