import type { Metric, MetricTags } from '@temporalio/common';
import { MetricsBuffer, type BufferedMetricUpdate } from '@temporalio/worker';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** How often the SDK's buffer is emptied; a busy worker fills it with thousands of updates a second. */
const EVERY_MS = 1_000;
const BUFFER_SIZE = 200_000;
const BUCKETS = [0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 300];

/** The labels that are kept; each has few values. */
const LABELS = [
  'task_queue',
  'workflow_type',
  'activity_type',
  'worker_type',
  'poller_type',
  'operation',
  'status_code',
  'failure_reason',
  'eager',
];

/** What the SDK's own dashboards are built on: https://docs.temporal.io/references/sdk-metrics. */
const PREFIX = 'temporal_';

/**
 * The metrics of Temporal's SDK as Prometheus has them, on the same page as ours. The SDK could serve them itself, on a port of
 * its own; so it hands over each update, and there is one port to scrape.
 */
export class TemporalMetrics {
  readonly registry = new Registry();
  readonly #metrics = new Map<string, Counter | Gauge | Histogram>();
  readonly #buffer: Pick<MetricsBuffer, 'retrieveUpdates'>;
  readonly #timer: NodeJS.Timeout;

  constructor(buffer: Pick<MetricsBuffer, 'retrieveUpdates'>) {
    this.#buffer = buffer;
    this.#timer = setInterval(() => this.update(), EVERY_MS).unref();
  }

  /** Takes over what has happened since the last time. */
  update(): void {
    for (const update of this.#buffer.retrieveUpdates()) this.#apply(update);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #apply({ metric, value, attributes }: BufferedMetricUpdate): void {
    const name = nameOf(metric);
    let known = this.#metrics.get(name);
    if (!known) {
      known = create(metric, name, this.registry);
      this.#metrics.set(name, known);
    }
    const labels = labelsOf(attributes);
    if (known instanceof Histogram) known.observe(labels, value);
    else if (known instanceof Counter) known.inc(labels, value);
    else if (metric.kind === 'gauge') known.set(labels, value);
    else known.inc(labels, value);
  }
}

/** Names as Prometheus wants them: what the unit is, and which are counters. */
function nameOf({ name, kind }: Metric): string {
  const full = name.startsWith(PREFIX) ? name : `${PREFIX}${name}`;
  if (kind === 'counter') return full.endsWith('_total') ? full : `${full}_total`;
  const isTime = kind === 'histogram' && /latency|duration/.test(full);
  return isTime && !full.endsWith('_seconds') ? `${full}_seconds` : full;
}

function create(metric: Metric, name: string, registry: Registry): Counter | Gauge | Histogram {
  const options = {
    name,
    help: metric.description || `${metric.name} of Temporal's SDK.`,
    labelNames: LABELS,
    registers: [registry],
  };
  if (metric.kind === 'histogram') return new Histogram({ ...options, buckets: BUCKETS });
  return metric.kind === 'counter' ? new Counter(options) : new Gauge(options);
}

function labelsOf(attributes: MetricTags): Record<string, string> {
  return Object.fromEntries(
    LABELS.flatMap((label) => {
      const value = attributes[label];
      return value === undefined ? [] : [[label, String(value)]];
    }),
  );
}

export const createBuffer = () =>
  new MetricsBuffer({ maxBufferSize: BUFFER_SIZE, useSecondsForDurations: true });
