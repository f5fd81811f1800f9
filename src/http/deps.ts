import type { Config } from '../config.ts';
import type { DeliveryOutcome } from '../domain/deliveries.ts';
import type { Issue } from '../domain/issues.ts';
import type { Logger } from '../log.ts';
import type { SafetyNet } from '../operations/safety-net.ts';
import type { Store } from '../store/database.ts';
import type { TemporalHandle } from '../temporal/connect.ts';
import type { SignalRequest } from '../temporal/start.ts';
import type { TemporalUi } from '../temporal/ui.ts';

/** The outcome of a request to the webhook endpoint. */
export type WebhookOutcome =
  | DeliveryOutcome
  | 'malformed'
  | 'unsigned'
  | 'too-large'
  /** Its body did not come in time. */
  | 'slow'
  /** It nearly hit the route, but with another address or method, so it was refused. */
  | 'misdirected'
  /** The process had too much to do. */
  | 'overloaded'
  /** Temporal did not store it. */
  | 'unavailable';

/** One request to the webhook endpoint and its outcome. Contains only names and ids. */
export interface DeliveryEvent {
  outcome: WebhookOutcome;
  /** Time from the request to its answer, in milliseconds. */
  ms: number;
  /** Kombo's id of the delivery. */
  id?: string | undefined;
  type?: string | undefined;
  integrationId?: string | undefined;
  models: string[];
  /** It names more than can be read, so every model is read. */
  everything?: true | undefined;
}

export interface HttpDeps {
  config: Config;
  store: Store;
  temporal: TemporalHandle;
  log: Logger;
  onDelivery?: ((event: DeliveryEvent) => void) | undefined;
  /** Where Temporal's UI is, for links on the status page; for example http://localhost:8233 */
  temporalUiUrl?: string | undefined;
  /** How long after a signal the next one of the same integration waits, in milliseconds. The default was measured. */
  coalescingWindowMs?: number | undefined;
  /** The longest time from the arrival of a webhook to its answer, in milliseconds. */
  webhookAnswerMs?: number | undefined;
  /** How far the event loop lags; the default measures it. */
  lagMs?: (() => number) | undefined;
  /** Connections at a time, on each port. */
  maxConnections?: number | undefined;
  /** Stores a signal durably; the default asks Temporal. */
  send?: (request: SignalRequest) => Promise<unknown>;
  /** How the weekly full syncs are doing; the default asks with pauses of a minute or more. */
  readSafetyNet?: (() => Promise<SafetyNet | undefined>) | undefined;
  /** The same for an issue. */
  sendIssue?: (issue: Issue) => Promise<unknown>;
}

/** Where Temporal's UI is, if that is known. */
export function temporalUiOf({ temporalUiUrl, config, temporal }: HttpDeps): TemporalUi | undefined {
  const url = temporalUiUrl ?? config.TEMPORAL_UI_URL;
  return url === undefined ? undefined : { url, namespace: temporal.namespace };
}
