import { ordinalOf } from '../state/changes.ts';
import type { IntegrationState } from '../state/integration.ts';
import type { Fields } from '../model/index.ts';
import * as payloads from '../webhooks/payloads.ts';
import type { DeliveryOptions, WebhookOptions, WebhookResult } from '../webhooks/sender.ts';
import {
  WEBHOOK_TYPES,
  type AiApplyEvent,
  type LifecycleEvent,
  type SyncState,
  type WebhookType,
} from '../webhooks/types.ts';
import { RecordControl } from './records.ts';

interface FinishSyncOptions extends Omit<DeliveryOptions, 'id' | 'lose'> {
  /** Default: SUCCEEDED. */
  state?: SyncState | undefined;
  /** Loses one of the two webhooks, or both (true). */
  lose?: boolean | 'sync-finished' | 'data-changed' | undefined;
}

export interface IssueOptions {
  /** Without it, the issue is about the whole environment. */
  integration?: string | undefined;
  issue?: string | undefined;
  type?: string | undefined;
  title?: string | undefined;
  message?: string | undefined;
}

/** How long before its first change a reported sync began. */
const LEAD_MS = 1_000;
const ORDERS = 'assessment_orders';

/**
 * The part of the control interface for webhooks. Except `sendWebhook`, its methods send only subscribed types, and
 * otherwise return undefined.
 */
export class WebhookControl extends RecordControl {
  readonly #issues = new Map<string, { raised: payloads.RaisedIssue; of: IntegrationState | undefined }>();

  setWebhookUrl(url: string): void {
    this.deps.webhooks.target.url = url;
  }

  /** Subscribes to exactly these types of webhook, as in Kombo's dashboard. */
  subscribe(types: readonly WebhookType[]): void {
    this.deps.webhooks.subscription = new Set(types);
  }

  /** The subscribed types. Default: all but `sync-finished` and `remote-event-received`. */
  subscription(): WebhookType[] {
    return WEBHOOK_TYPES.filter((type) => this.deps.webhooks.subscription.has(type));
  }

  /** Models that changed since the last `data-changed`. */
  pendingModels(integrationId: string): string[] {
    return this.deps.world.get(integrationId).pending;
  }

  /** Sends a webhook of any type, subscribed or not. */
  async sendWebhook(options: WebhookOptions): Promise<WebhookResult> {
    return this.deps.webhooks.send(options);
  }

  /**
   * Sends one `data-changed` that names exactly the pending models. Then none is pending, even if it is lost.
   * @returns undefined if nothing has changed, since no webhook is sent then.
   */
  async flushWebhook(
    integrationId: string,
    options: DeliveryOptions = {},
  ): Promise<WebhookResult | undefined> {
    const integration = this.deps.world.get(integrationId);
    return this.#tellOfChanges(integration, integration.takePending().models, options);
  }

  /**
   * Ends a sync of Kombo's: sends `sync-finished` and then, if something has changed, `data-changed`. The sync began
   * just before the first pending change.
   * @returns the results, in that order.
   */
  async finishSync(integrationId: string, options: FinishSyncOptions = {}): Promise<WebhookResult[]> {
    const { state = 'SUCCEEDED', lose = false, ...how } = options;
    const integration = this.deps.world.get(integrationId);
    const loses = (type: WebhookType) => lose === true || lose === type;
    const { models, since } = integration.takePending();
    const ended = this.now();
    const sync = {
      id: this.deps.webhooks.newId(),
      state,
      startedAt: new Date(Math.min(since ?? ended, ended) - LEAD_MS),
      endedAt: new Date(ended),
    };
    const results = [
      await this.#offer(payloads.syncFinished(integration, sync), { ...how, lose: loses('sync-finished') }),
      await this.#tellOfChanges(integration, models, { ...how, lose: loses('data-changed') }),
    ];
    return results.filter((result) => result !== undefined);
  }

  /** Sends `remote-event-received`, as after an event in a tool with upstream webhooks. */
  async remoteEvent(
    integrationId: string,
    options: DeliveryOptions = {},
  ): Promise<WebhookResult | undefined> {
    return this.#offer(payloads.remoteEventReceived(this.deps.world.get(integrationId)), options);
  }

  /**
   * Reports that the integration was created, deleted or changed its state. It changes nothing itself: an integration
   * whose deletion is reported can be read until `removeIntegration`.
   */
  async announce(
    integrationId: string,
    event: LifecycleEvent,
    options: DeliveryOptions = {},
  ): Promise<WebhookResult | undefined> {
    const integration = this.deps.world.get(integrationId);
    return this.#offer(payloads.lifecycle(integration, event, this.deps.world.now()), options);
  }

  /** Reports an order that `create` has made: `assessment:order-received`, or `inline-assessment:order-received`. */
  async announceOrder(
    integrationId: string,
    orderId: string,
    options: DeliveryOptions & { inline?: boolean | undefined } = {},
  ): Promise<WebhookResult | undefined> {
    const { inline = false, ...how } = options;
    const integration = this.deps.world.get(integrationId);
    const order = integration.read(ORDERS, ordinalOf(integration, ORDERS, orderId)).whole();
    return this.#offer(payloads.orderReceived(integration, order, inline), how);
  }

  /** Sends `connection-flow-failed`: a customer failed to connect a tool. It names no integration. */
  async announceFailedConnection(
    flow: payloads.ConnectionFlow,
    options: DeliveryOptions = {},
  ): Promise<WebhookResult | undefined> {
    return this.#offer(payloads.connectionFlowFailed(flow, this.deps.webhooks.newId()), options);
  }

  /**
   * Raises an issue of an integration, or of the whole environment: sends `issue-status-changed`. The same `issue`
   * again begins a new episode.
   * @returns the id of the issue, for `resolveIssue`, and what was sent.
   */
  async raiseIssue(
    { integration, issue = this.deps.webhooks.newId(), type, title, message }: IssueOptions,
    options: DeliveryOptions = {},
  ): Promise<{ issue: string; sent: WebhookResult | undefined }> {
    const raised = {
      id: issue,
      type: type ?? 'integration.authentication_failed',
      title: title ?? 'Authentication failed',
      message: message ?? 'The tool refuses the credentials.\n\nAsk the customer to **reconnect**.',
      firstObservedAt: this.deps.world.now(),
      resolvedAt: null,
    };
    const of = integration === undefined ? undefined : this.deps.world.get(integration);
    this.#issues.set(issue, { raised, of });
    return { issue, sent: await this.#offer(payloads.issueStatusChanged(raised, of), options) };
  }

  /** Resolves an issue that was raised since the sandbox started. */
  async resolveIssue(issue: string, options: DeliveryOptions = {}): Promise<WebhookResult | undefined> {
    const known = this.#issues.get(issue);
    if (!known) throw new RangeError(`There is no issue ${issue}.`);
    const resolved = { ...known.raised, resolvedAt: this.deps.world.now() };
    return this.#offer(payloads.issueStatusChanged(resolved, known.of), options);
  }

  /** Reports an invented application or job posting of AI Apply. `fields` overrides its fields. */
  async announceAiApply(
    event: AiApplyEvent,
    options: DeliveryOptions & { fields?: Fields | undefined } = {},
  ): Promise<WebhookResult | undefined> {
    const { fields = {}, ...how } = options;
    const make =
      event === 'ai-apply-application-status-updated'
        ? payloads.aiApplyApplication
        : payloads.aiApplyJobPosting;
    return this.#offer(
      make(() => this.deps.webhooks.newId(), this.deps.world.now(), fields),
      how,
    );
  }

  async #tellOfChanges(
    integration: IntegrationState,
    models: string[],
    options: DeliveryOptions,
  ): Promise<WebhookResult | undefined> {
    if (models.length === 0) return undefined;
    const result = await this.#offer(payloads.dataChanged(integration, models), options);
    if (result) this.emit('webhook', { integrationId: integration.id, models, result });
    return result;
  }

  async #offer(payload: payloads.Payload, options: DeliveryOptions): Promise<WebhookResult | undefined> {
    if (!this.deps.webhooks.subscription.has(payload.type)) return undefined;
    return this.sendWebhook({ ...options, ...payload });
  }
}
