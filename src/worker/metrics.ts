import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client';
import type { PassCounts } from '../domain/counts.ts';
import { DRIFT_COUNTS, PASS_COUNTS } from '../domain/counts.ts';
import { showBuild } from '../http/monitoring/build-info.ts';
import type { Meter } from '../domain/meter.ts';

/** Counts of a pass that say what became of a record. */
const OUTCOMES = PASS_COUNTS.filter((count) => count !== 'pages' && count !== 'records');

/** How the page names what the domain calls otherwise. */
const snakeCase = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const REQUEST_BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const WRITE_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];
/** From a delta of one page to a full pass of millions of records. */
const LONG_BUCKETS = [0.1, 0.5, 1, 5, 15, 60, 300, 900, 3_600, 14_400];

export interface WorkerMetrics {
  readonly meter: Meter;
  readonly registry: Registry;
}

/**
 * What a worker measures, for `/metrics`. Labels are closed sets.
 *
 * @param perIntegration adds the id of the integration (METRICS_PER_INTEGRATION): a series for each, for as long as the process lives.
 */
export function createWorkerMetrics({ perIntegration }: { perIntegration: boolean }): WorkerMetrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  showBuild(registry, 'worker');
  const own = perIntegration ? ['integration'] : [];
  const of = (integration: string) => (perIntegration ? { integration } : {});

  const requests = new Counter({
    name: 'kombo_sync_kombo_requests_total',
    help: 'Requests to Kombo by what was asked for and the status of the answer; timeout, unreachable and cancelled have none.',
    labelNames: ['endpoint', 'status'],
    registers,
  });
  const requestDuration = new Histogram({
    name: 'kombo_sync_kombo_request_duration_seconds',
    help: 'Time from a request to Kombo to the end of its answer.',
    labelNames: ['endpoint'],
    buckets: REQUEST_BUCKETS,
    registers,
  });
  const budgetWait = new Histogram({
    name: 'kombo_sync_kombo_budget_wait_seconds',
    help: 'How long requests to Kombo waited for the budget.',
    labelNames: ['kind'],
    buckets: LONG_BUCKETS,
    registers,
  });
  const pages = new Counter({
    name: 'kombo_sync_pages_total',
    help: 'Pages that are in Postgres, by kind of pass.',
    labelNames: ['kind', ...own],
    registers,
  });
  const records = new Counter({
    name: 'kombo_sync_records_total',
    help: 'Records by what became of them.',
    labelNames: ['outcome', ...own],
    registers,
  });
  const writeDuration = new Histogram({
    name: 'kombo_sync_page_write_duration_seconds',
    help: 'Time that the transaction of a page took.',
    buckets: WRITE_BUCKETS,
    registers,
  });
  const passDuration = new Histogram({
    name: 'kombo_sync_pass_duration_seconds',
    help: 'Time from the start of a pass to its end, pauses included.',
    labelNames: ['kind', 'outcome', ...own],
    buckets: LONG_BUCKETS,
    registers,
  });
  const syncDuration = new Histogram({
    name: 'kombo_sync_sync_duration_seconds',
    help: 'Time from the start of a sync, after the debounce, to the end of its last read.',
    labelNames: ['trigger', 'status', ...own],
    buckets: LONG_BUCKETS,
    registers,
  });
  const drift = new Counter({
    name: 'kombo_sync_drift_records_total',
    help: 'Records that full passes had to repair; of them, "expected" are those that no delta could have shown.',
    labelNames: ['kind', ...own],
    registers,
  });
  const recounts = new Counter({
    name: 'kombo_sync_row_counts_corrected_total',
    help: 'Counts of rows that a full pass found wrong and corrected.',
    labelNames: own,
    registers,
  });
  const notifications = new Counter({
    name: 'kombo_sync_notifications_total',
    help: 'Tries to send a notification by where it goes (webhook, slack) and outcome (sent, failed).',
    labelNames: ['target', 'outcome'],
    registers,
  });
  const signals = new Counter({
    name: 'kombo_sync_changes_signals_total',
    help: 'Tries to signal a workflow of yours (CHANGES_SIGNAL) by outcome (sent, failed).',
    labelNames: ['outcome'],
    registers,
  });
  for (const outcome of perIntegration ? [] : OUTCOMES) records.inc({ outcome }, 0);

  const countRecords = (integrationId: string, counts: Partial<PassCounts>) => {
    for (const outcome of OUTCOMES) {
      const count = counts[outcome] ?? 0;
      if (count > 0) records.inc({ outcome, ...of(integrationId) }, count);
    }
  };
  const meter: Meter = {
    asked: ({ endpoint, status, ms }) => {
      requests.inc({ endpoint, status: String(status) });
      requestDuration.observe({ endpoint }, ms / 1_000);
    },
    waited: ({ kind, ms }) => budgetWait.observe({ kind }, ms / 1_000),
    page: ({ integrationId, kind, counts, writeMs }) => {
      pages.inc({ kind, ...of(integrationId) });
      countRecords(integrationId, counts);
      writeDuration.observe(writeMs / 1_000);
    },
    pass: ({ integrationId, kind, outcome, ms }) =>
      passDuration.observe({ kind, outcome, ...of(integrationId) }, ms / 1_000),
    swept: ({ integrationId, deleted }) => countRecords(integrationId, { deleted }),
    recounted: ({ integrationId }) => recounts.inc(of(integrationId)),
    drift: ({ integrationId, counts }) => {
      for (const kind of DRIFT_COUNTS) {
        if (counts[kind] > 0) drift.inc({ kind: snakeCase(kind), ...of(integrationId) }, counts[kind]);
      }
    },
    sync: ({ integrationId, trigger, status, ms }) =>
      syncDuration.observe({ trigger, status, ...of(integrationId) }, ms / 1_000),
    notified: (tried) => notifications.inc(tried),
    signalled: (tried) => signals.inc(tried),
  };
  return { meter, registry };
}
