import { Registry } from 'prom-client';
import Fastify, { LogController, type FastifyBaseLogger } from 'fastify';
import { TIMEOUTS } from '../http/access/connections.ts';
import { checkReadiness, type ReadinessDeps } from '../http/monitoring/readiness.ts';
import { operationsRoutes } from '../http/monitoring/routes.ts';
import { listen } from '../http/server.ts';
import type { WorkerMetrics } from './metrics.ts';
import { temporalMetrics } from './runtime.ts';

interface MonitorDeps extends ReadinessDeps {
  host: string;
  port: number;
  metrics: WorkerMetrics;
  /** Whether the worker polls for tasks. */
  isRunning(): boolean;
}

export interface Monitor {
  /** Its address on this machine. */
  readonly url: string;
  close(): Promise<void>;
}

const NOTE = 'A worker that is not ready loses nothing: what it did is done by others, or when it is back.';

/** Serves `/metrics`, `/healthz` and `/readyz` of a worker. @throws Error with the remedy when the port cannot be had. */
export async function startMonitor(deps: MonitorDeps): Promise<Monitor> {
  const loggerInstance: FastifyBaseLogger = deps.log;
  const app = Fastify({
    ...TIMEOUTS,
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: true,
  });
  await app.register(
    operationsRoutes({ checkReadiness: () => readinessOf(deps), render: () => render(deps.metrics) }),
  );
  const url = await listen(app, deps.host, deps.port, 'METRICS_PORT');
  return { url, close: () => app.close() };
}

async function readinessOf(deps: MonitorDeps) {
  const isRunning = deps.isRunning();
  const { ready, note: _ofServe, ...parts } = await checkReadiness(deps);
  const worker = isRunning ? { ok: true } : { ok: false, message: 'The worker is starting or stopping.' };
  return { ready: ready && isRunning, worker, ...parts, note: NOTE };
}

/** Ours, and those of Temporal's SDK, which the process has once. */
async function render({ registry }: WorkerMetrics): Promise<{ contentType: string; body: string }> {
  const sdk = temporalMetrics();
  sdk?.update();
  const all = sdk ? Registry.merge([registry, sdk.registry]) : registry;
  return { contentType: all.contentType, body: await all.metrics() };
}
