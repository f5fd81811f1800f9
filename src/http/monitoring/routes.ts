import type { FastifyInstance } from 'fastify';
import { keep } from './keep.ts';

/** They are open to every caller, so many requests at once must cost no more than one. */
const KEPT_MS = 1_000;

interface Operations {
  checkReadiness(): Promise<{ ready: boolean }>;
  /** The page for Prometheus. */
  render(): Promise<{ contentType: string; body: string }>;
}

/** `/healthz`, `/readyz` and `/metrics`: for machines, open, and without a name of any integration. */
export function operationsRoutes(operations: Operations) {
  const askReadiness = keep(KEPT_MS, () => operations.checkReadiness());
  const render = keep(KEPT_MS, () => operations.render());
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
