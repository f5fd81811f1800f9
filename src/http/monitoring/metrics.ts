import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { DELIVERY_TYPES } from '../../kombo/webhook.ts';
import type { DeliveryEvent } from '../deps.ts';
import { SCHEDULE_STATES } from '../../domain/schedule-health.ts';
import type { SafetyNet } from '../../operations/safety-net.ts';
import { showBuild } from './build-info.ts';
import type { Snapshot } from './snapshot.ts';

export type Metrics = ReturnType<typeof createMetrics>;

/** Everything `/metrics` shows. Labels are closed sets: no ids, no names that come from outside but those that you give your consumers. */
export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  showBuild(registry, 'serve');

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
  const rows = new Gauge({
    name: 'kombo_sync_rows',
    help: 'Rows of the data tables by state (live, deleted).',
    labelNames: ['state'],
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
  const feedLag = new Gauge({
    name: 'kombo_sync_feed_lag_seconds',
    help: 'Age of the oldest change that readers of the feed cannot see yet, because a transaction before it is open.',
    registers,
  });
  const notificationLag = new Gauge({
    name: 'kombo_sync_notification_lag_seconds',
    help: 'Age of the oldest notification that no receiver has taken yet; 0 if none waits.',
    registers,
  });
  const signalLag = new Gauge({
    name: 'kombo_sync_changes_signal_lag_seconds',
    help: 'Age of the oldest change of which CHANGES_SIGNAL has not signalled your workflow; 0 if none waits.',
    registers,
  });
  const fullSyncAge = new Gauge({
    name: 'kombo_sync_full_sync_age_seconds',
    help: 'Age of the oldest full pass of any active integration; of one that was never read in full, how long it is active.',
    registers,
  });
  const temporalUp = new Gauge({
    name: 'kombo_sync_temporal_up',
    help: '1 when the schedules could be listed.',
    registers,
  });
  const schedules = new Gauge({
    name: 'kombo_sync_schedules',
    help: 'Weekly full syncs of active integrations by the state of their schedule: ok, missing, paused, no_next_run, last_run_failed.',
    labelNames: ['state'],
    registers,
  });
  const consumerLag = new Gauge({
    name: 'kombo_sync_consumer_lag_seconds',
    help: 'Age of the oldest change that a registered consumer has not read.',
    labelNames: ['consumer'],
    registers,
  });
  const fromStore = [
    feedLag,
    notificationLag,
    signalLag,
    consumerLag,
    namedModels,
    freshness,
    integrations,
    failedEndpoints,
    needingAttention,
    rows,
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
    /** The page for Prometheus. Without a snapshot the values that need Postgres are left out, not frozen. */
    async render(
      snapshot: Snapshot | undefined,
      net?: SafetyNet,
    ): Promise<{ contentType: string; body: string }> {
      for (const gauge of [...fromStore, schedules]) gauge.reset();
      const age = net?.oldest ? (Date.now() - net.oldest.since.getTime()) / 1_000 : Number.NaN;
      fullSyncAge.set(age);
      temporalUp.set(net?.schedules ? 1 : 0);
      if (net?.schedules) {
        for (const state of SCHEDULE_STATES) schedules.set({ state }, net.schedules.byState[state]);
      }
      storeUp.set(snapshot ? 1 : 0);
      if (snapshot) {
        for (const [category, seconds] of snapshot.freshnessSeconds) freshness.set({ category }, seconds);
        for (const [status, count] of snapshot.integrations) integrations.set({ status }, count);
        for (const [consumer, seconds] of snapshot.consumerLagSeconds) consumerLag.set({ consumer }, seconds);
        failedEndpoints.set(snapshot.failedEndpoints);
        needingAttention.set(snapshot.endpointsNeedingAttention);
        for (const [state, count] of Object.entries(snapshot.rows)) rows.set({ state }, count);
        rejectedRecords.set(snapshot.rejectedRecords);
        openIssues.set(snapshot.openIssues);
        namedModels.set(snapshot.unknownModels);
        feedLag.set(snapshot.feedLagSeconds);
        notificationLag.set(snapshot.notificationLagSeconds);
        signalLag.set(snapshot.signalLagSeconds);
      } else {
        // A gauge without labels would come back as 0, which reads as "all is well".
        failedEndpoints.set(Number.NaN);
        needingAttention.set(Number.NaN);
        rejectedRecords.set(Number.NaN);
        openIssues.set(Number.NaN);
        namedModels.set(Number.NaN);
        feedLag.set(Number.NaN);
        notificationLag.set(Number.NaN);
        signalLag.set(Number.NaN);
      }
      return { contentType: registry.contentType, body: await registry.metrics() };
    },
  };
}
