import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { DELIVERY_TYPES } from '../../kombo/webhook.ts';
import type { DeliveryEvent } from '../deps.ts';
import type { Snapshot } from './snapshot.ts';

export type Metrics = ReturnType<typeof createMetrics>;

/** Everything `/metrics` shows. Labels are closed sets, without ids or names from outside. */
export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });

  const deliveries = new Counter({
    name: 'kombo_sync_webhook_deliveries_total',
    help: 'Webhook requests by type and outcome; type is "other" for what this version does not know.',
    labelNames: ['type', 'outcome'],
    registers,
  });
  const duration = new Histogram({
    name: 'kombo_sync_webhook_duration_seconds',
    help: 'Time from a webhook request to its answer.',
    labelNames: ['outcome'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers,
  });
  const sends = new Counter({
    name: 'kombo_sync_webhook_sends_total',
    help: 'Signals sent to Temporal for webhooks.',
    registers,
  });
  const folded = new Counter({
    name: 'kombo_sync_webhook_folded_total',
    help: 'Deliveries that shared the signal of another one.',
    registers,
  });
  const unknownModels = new Counter({
    name: 'kombo_sync_webhook_unknown_models_total',
    help: 'Model names in deliveries that this version does not know.',
    registers,
  });
  const tokensRefused = new Counter({
    name: 'kombo_sync_tokens_refused_total',
    help: 'Requests with a wrong token or none, by where (api, login).',
    labelNames: ['at', 'token'],
    registers,
  });
  const shed = new Counter({
    name: 'kombo_sync_requests_shed_total',
    help: 'Requests other than webhooks that were refused because the event loop lagged.',
    registers,
  });
  const connectionsRefused = new Counter({
    name: 'kombo_sync_connections_refused_total',
    help: 'Connections that were closed before they were a request: full, timeout, malformed.',
    labelNames: ['reason'],
    registers,
  });
  const storeUp = new Gauge({
    name: 'kombo_sync_store_up',
    help: '1 when the values below could be read from Postgres.',
    registers,
  });
  const freshness = new Gauge({
    name: 'kombo_sync_freshness_seconds',
    help: 'Age of the oldest watermark of any active integration, by category.',
    labelNames: ['category'],
    registers,
  });
  const integrations = new Gauge({
    name: 'kombo_sync_integrations',
    help: 'Integrations by status.',
    labelNames: ['status'],
    registers,
  });
  const failedEndpoints = new Gauge({
    name: 'kombo_sync_failed_endpoints',
    help: 'Endpoints of active integrations whose last tries have failed.',
    registers,
  });
  const needingAttention = new Gauge({
    name: 'kombo_sync_endpoints_needing_attention',
    help: 'Of the failed endpoints, those that trying again does not help.',
    registers,
  });
  const rejectedRecords = new Gauge({
    name: 'kombo_sync_rejected_records',
    help: 'Records that are set aside because they could not be stored.',
    registers,
  });
  const openIssues = new Gauge({
    name: 'kombo_sync_open_issues',
    help: 'Issues that are open at Kombo.',
    registers,
  });
  const namedModels = new Gauge({
    name: 'kombo_sync_unknown_models',
    help: 'Models that webhooks name and that this version does not know.',
    registers,
  });
  const fromStore = [
    namedModels,
    freshness,
    integrations,
    failedEndpoints,
    needingAttention,
    rejectedRecords,
    openIssues,
  ];

  return {
    sends,
    folded,
    unknownModels,
    tokensRefused,
    shed,
    connectionsRefused,
    countDelivery(event: DeliveryEvent): void {
      const type = event.type !== undefined && DELIVERY_TYPES.has(event.type) ? event.type : 'other';
      deliveries.inc({ type, outcome: event.outcome });
      duration.observe({ outcome: event.outcome }, event.ms / 1_000);
    },
    /** The page for Prometheus. Without a snapshot, the values that need Postgres are left out, not frozen. */
    async render(snapshot: Snapshot | undefined): Promise<{ contentType: string; body: string }> {
      for (const gauge of fromStore) gauge.reset();
      storeUp.set(snapshot ? 1 : 0);
      if (snapshot) {
        for (const [category, seconds] of snapshot.freshnessSeconds) freshness.set({ category }, seconds);
        for (const [status, count] of snapshot.integrations) integrations.set({ status }, count);
        failedEndpoints.set(snapshot.failedEndpoints);
        needingAttention.set(snapshot.endpointsNeedingAttention);
        rejectedRecords.set(snapshot.rejectedRecords);
        openIssues.set(snapshot.openIssues);
        namedModels.set(snapshot.unknownModels);
      } else {
        // A gauge without labels would come back as 0, which reads as "all is well".
        failedEndpoints.set(Number.NaN);
        needingAttention.set(Number.NaN);
        rejectedRecords.set(Number.NaN);
        openIssues.set(Number.NaN);
        namedModels.set(Number.NaN);
      }
      return { contentType: registry.contentType, body: await registry.metrics() };
    },
  };
}
