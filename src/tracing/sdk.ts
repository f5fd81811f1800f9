import { createRequire } from 'node:module';
import { context, diag, DiagLogLevel, SpanStatusCode, trace, type DiagLogger } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { detectResourcesSync, envDetectorSync, Resource } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import {
  makeWorkflowExporter,
  OpenTelemetryActivityInboundInterceptor,
  OpenTelemetryActivityOutboundInterceptor,
  OpenTelemetryWorkflowClientInterceptor,
} from '@temporalio/interceptors-opentelemetry';
import type { WorkflowClientInterceptor } from '@temporalio/client';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import type { Span } from '../domain/span.ts';
import { cleanLine } from '../domain/text.ts';
import type { Logger } from '../log.ts';
import { within } from '../within.ts';
import { CleanSpans } from './clean-spans.ts';

/** The process that is traced. */
export interface TracingAbout {
  process: 'serve' | 'worker' | 'dev';
  version: string;
  log: Logger;
}

/** Traces that are on. This file is loaded only then. */
export interface Tracing {
  readonly span: Span;
  clientInterceptors(): WorkflowClientInterceptor[];
  readonly activityInterceptors: ActivityInterceptorsFactory;
  /** Takes the spans of workflows, which cannot send anything themselves. */
  readonly sinks: { exporter: ReturnType<typeof makeWorkflowExporter> };
  /** What is bundled with the workflows. */
  readonly workflowModule: string;
  stop(): Promise<void>;
}

const STOP_MS = 3_000;

/** Endpoint, headers, sampler, batches and resource are those of the standard variables, which the SDK reads itself. */
export function createTracing(about: TracingAbout): Tracing {
  diag.setLogger(quietly(about.log), DiagLogLevel.WARN);
  const resource = new Resource({
    'service.name': 'kombo-sync',
    'service.version': about.version,
    'kombo-sync.process': about.process,
  }).merge(detectResourcesSync({ detectors: [envDetectorSync] }));
  const processor = new CleanSpans(new BatchSpanProcessor(new OTLPTraceExporter()));
  const provider = new BasicTracerProvider({ resource, spanProcessors: [processor] });
  provider.register({ contextManager: new AsyncLocalStorageContextManager().enable() });
  const tracer = provider.getTracer('kombo-sync', about.version);
  return {
    span: (name, fields, work, since) =>
      tracer.startActiveSpan(
        name,
        { attributes: { ...fields }, ...(since === undefined ? {} : { startTime: since }) },
        async (open) => {
          try {
            return await work();
          } catch (error) {
            // Only the class: messages may quote anything.
            open.setStatus({ code: SpanStatusCode.ERROR, message: classOf(error) });
            throw error;
          } finally {
            open.end();
          }
        },
      ),
    clientInterceptors: () => [new OpenTelemetryWorkflowClientInterceptor()],
    activityInterceptors: (activity) => ({
      inbound: new OpenTelemetryActivityInboundInterceptor(activity),
      outbound: new OpenTelemetryActivityOutboundInterceptor(activity),
    }),
    sinks: { exporter: makeWorkflowExporter(processor, resource) },
    workflowModule: workflowTracing(),
    async stop() {
      await within(STOP_MS, provider.shutdown()).catch(() => {});
      trace.disable();
      context.disable();
      diag.disable();
    },
  };
}

/** A collector that is away would complain every few seconds. */
const COMPLAIN_EVERY_MS = 60_000;

function quietly(log: Logger): DiagLogger {
  let next = 0;
  const complain = (message: string) => {
    if (performance.now() < next) return;
    next = performance.now() + COMPLAIN_EVERY_MS;
    log.warn(
      { reason: reasonIn(message) },
      'traces are lost; check the collector and OTEL_EXPORTER_OTLP_ENDPOINT',
    );
  };
  return { error: complain, warn: complain, info: () => {}, debug: () => {}, verbose: () => {} };
}

/** The SDK puts a whole error into JSON, with its stack and what the collector answered. */
function reasonIn(message: string): string {
  const said = /"message":"([^"\\]*)"/.exec(message)?.[1] ?? message;
  return cleanLine(said);
}

/** The module that workflows are bundled with. */
export const workflowTracing = () =>
  createRequire(import.meta.url).resolve('@temporalio/interceptors-opentelemetry/lib/workflow-interceptors');

function classOf(error: unknown): string {
  if (!(error instanceof Error)) return 'Error';
  return 'errorClass' in error && typeof error.errorClass === 'string' ? error.errorClass : error.name;
}
