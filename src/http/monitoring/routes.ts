import type { FastifyInstance } from 'fastify';
import type { HttpDeps } from '../deps.ts';
import type { Metrics } from './metrics.ts';
import { checkReadiness } from './readiness.ts';
import type { Snapshot } from './snapshot.ts';

/** `/healthz`, `/readyz` and `/metrics`: for machines, open, and without a name of any integration. */
export function operationsRoutes(
  deps: HttpDeps & { metrics: Metrics; readSnapshot: () => Promise<Snapshot | undefined> },
) {
  return (app: FastifyInstance, _options: unknown, done: () => void): void => {
    app.get('/healthz', () => ({ status: 'ok' }));

    app.get('/readyz', async (_request, reply) => {
      const readiness = await checkReadiness(deps);
      return reply.code(readiness.ready ? 200 : 503).send(readiness);
    });

    app.get('/metrics', async (_request, reply) => {
      const { contentType, body } = await deps.metrics.render(await deps.readSnapshot());
      return reply.type(contentType).send(body);
    });
    done();
  };
}
