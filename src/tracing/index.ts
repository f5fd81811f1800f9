import type { WorkflowClientInterceptor } from '@temporalio/client';
import { ConfigError } from '../config-error.ts';
import { environment } from '../config.ts';
import { untraced, type Span } from '../domain/span.ts';
import type { Tracing, TracingAbout } from './sdk.ts';

type Env = Readonly<Record<string, string | undefined>>;

let tracing: Tracing | undefined;

/** What traces add to a worker and its workflows; undefined while they are off. */
export const workerTracing = (): Tracing | undefined => tracing;

/** What traces add to a client of Temporal. */
export const clientInterceptors = (): WorkflowClientInterceptor[] => tracing?.clientInterceptors() ?? [];

/** The same as `work`, in a span if traces are on. */
export const span: Span = (name, fields, work, since) =>
  (tracing?.span ?? untraced)(name, fields, work, since);

/** Whether the variables of OpenTelemetry ask for traces: they say where to, or name the exporter. */
export function wantsTraces(env: Env): boolean {
  const exporter = env['OTEL_TRACES_EXPORTER'] || undefined;
  if (env['OTEL_SDK_DISABLED']?.toLowerCase() === 'true' || exporter === 'none') return false;
  return Boolean(
    exporter ?? (env['OTEL_EXPORTER_OTLP_ENDPOINT'] || env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT']),
  );
}

/** The one protocol there is; every collector takes it. */
const PROTOCOL = 'http/protobuf';

function check(env: Env): void {
  const exporter = env['OTEL_TRACES_EXPORTER'] || 'otlp';
  if (exporter !== 'otlp') {
    const problem = `is ${exporter}, which kombo-sync does not have`;
    throw new ConfigError([{ name: 'OTEL_TRACES_EXPORTER', problem, remedy: 'set it to otlp or none' }]);
  }
  for (const name of ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL']) {
    if ((env[name] || PROTOCOL) === PROTOCOL) continue;
    const problem = `is ${env[name]}, which kombo-sync does not speak`;
    const remedy = `set it to ${PROTOCOL}, and the endpoint to the port for it, which usually is 4318`;
    throw new ConfigError([{ name, problem, remedy }]);
  }
}

/**
 * Begins to trace if the environment asks for it, before anything is connected. Nothing of OpenTelemetry is loaded otherwise.
 *
 * @returns what sends the spans that are left and ends it, within some seconds.
 * @throws ConfigError when the environment asks for what is not there.
 */
export async function startTracing(
  about: TracingAbout,
  env: Env = environment(),
): Promise<() => Promise<void>> {
  if (!wantsTraces(env)) return () => Promise.resolve();
  check(env);
  const { createTracing } = await import('./sdk.ts');
  const started = createTracing(about);
  tracing = started;
  return async () => {
    tracing = undefined;
    await started.stop();
  };
}
