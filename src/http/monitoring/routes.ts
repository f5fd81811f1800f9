import type { FastifyInstance } from 'fastify';
import type { HttpDeps } from '../deps.ts';
import { keep } from './keep.ts';
import type { Metrics } from './metrics.ts';
import { checkReadiness } from './readiness.ts';
import type { Snapshot } from './snapshot.ts';

/** They are open to every caller, so many requests at once must cost no more than one. */
const KEPT_MS = 1_000;

/** `/healthz`, `/readyz` and `/metrics`: for machines, open, without names of integrations. */
export function operationsRoutes(
  deps: HttpDeps & { metrics: Metrics; readSnapshot: () => Promise<Snapshot | undefined> },
) {
  const askReadiness = keep(KEPT_MS, () => checkReadiness(deps));
  const render = keep(KEPT_MS, async () => deps.metrics.render(await deps.readSnapshot()));
  return (app: FastifyInstance, _options: unknown, done: () => void): void => {
    app.get('/healthz', () => ({ status: 'ok' }));

    app.get('/readyz', async (_request, reply) => {
      const readiness = await askReadiness();
      return reply.code(readiness.ready ? 200 : 503).send(readiness);
    });

    app.get('/metrics', async (_request, reply) => {
      const { contentType, body } = await render();
      return reply.type(contentType).send(body);
    });
    done();
  };
}
