import type { Attributes, Context } from '@opentelemetry/api';
import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace-base';

/** All that leaves this process with a span. The interceptors of Temporal would add whole inputs of runs and reasons that you write. */
const KEPT: ReadonlySet<string> = new Set([
  'integration',
  'endpoint',
  'kind',
  'trigger',
  'page',
  'temporalWorkflowId',
  'temporalActivityId',
  'run_id',
  'workflowId',
  'workflowType',
  'runId',
  'exception.type',
]);

function clean(attributes: Attributes | undefined): Attributes {
  const kept = Object.entries(attributes ?? {}).filter(
    ([name, value]) => KEPT.has(name) && (typeof value === 'string' || typeof value === 'number'),
  );
  return Object.fromEntries(kept);
}

/** Hands spans on with only those attributes that cannot hold anything of a record. */
export class CleanSpans implements SpanProcessor {
  readonly #next: SpanProcessor;

  constructor(next: SpanProcessor) {
    this.#next = next;
  }

  onStart(span: Span, parent: Context): void {
    this.#next.onStart(span, parent);
  }

  onEnd(span: ReadableSpan): void {
    const events = span.events.map((event) => ({ ...event, attributes: clean(event.attributes) }));
    // The span has its values in getters, too, so it stays below what stands in for some of them.
    const cleaned = Object.create(span, {
      attributes: { value: clean(span.attributes) },
      events: { value: events },
      status: { value: { code: span.status.code } },
    }) as ReadableSpan;
    this.#next.onEnd(cleaned);
  }

  forceFlush(): Promise<void> {
    return this.#next.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.#next.shutdown();
  }
}
