import type { FaultSpec } from '../api/faults.ts';
import type { LoggedRequest } from '../api/request-log.ts';
import type { ExtraEndpointSpec } from '../state/extra.ts';
import type { IntegrationSettings, SandboxIntegrationSpec } from '../state/spec.ts';
import { Demo, type DemoOptions } from './demo.ts';
import type { ControlDeps } from './records.ts';
import { WebhookControl } from './webhooks.ts';

/**
 * Controls the sandbox. `table` can be a table (`hris_groups`) or a model (`ats_job_postings`).
 * Every method throws a RangeError for an integration, table or record that does not exist.
 */
export class SandboxControl extends WebhookControl {
  readonly #demo: Demo;

  constructor(deps: ControlDeps) {
    super(deps);
    this.#demo = new Demo(this, deps.world);
  }

  integrations(): string[] {
    return this.deps.world.list().map(({ id }) => id);
  }

  /** An id that was removed before gets a new life, with a later `created_at`. */
  addIntegration(spec: SandboxIntegrationSpec): void {
    this.deps.world.add(spec);
  }

  /**
   * Serves an endpoint that the catalogue does not have, or changes how it treats parameters. An integration that is
   * added later can say how many records it has there; otherwise it has the usual share.
   */
  addEndpoint(spec: ExtraEndpointSpec): void {
    this.deps.world.extra.add(spec);
  }

  /** From now on reads answer INTEGRATION_NOT_FOUND. */
  removeIntegration(integrationId: string): void {
    this.deps.world.remove(integrationId);
  }

  /** Sends no webhook; `announce` does. */
  setIntegration(integrationId: string, settings: Partial<IntegrationSettings>): void {
    Object.assign(this.deps.world.get(integrationId).settings, settings);
  }

  /** Like `PUT /integrations/{id}/enabled`: INACTIVE, or back to ACTIVE. Sends no webhook; `announce` does. */
  setEnabled(integrationId: string, enabled: boolean): void {
    this.deps.world.get(integrationId).setEnabled(enabled);
  }

  /** All changes, as text for `savedState` of a later sandbox with the same seed. */
  saveState(): string {
    return JSON.stringify({ ...this.deps.world.save(), webhooks: this.deps.webhooks.save() });
  }

  /** @returns the id for `removeFault`. */
  addFault(fault: FaultSpec): number {
    return this.deps.faults.add(fault);
  }

  removeFault(id: number): void {
    this.deps.faults.remove(id);
  }

  clearFaults(): void {
    this.deps.faults.clear();
  }

  /** Requests per minute; null for no limit. */
  setRateLimit(perMinute: number | null): void {
    this.deps.rateLimit.limit = perMinute ?? undefined;
  }

  /** The requests of clients, oldest first. `path` is below `/v1`. */
  requests(filter: { integrationId?: string | undefined; path?: string | undefined } = {}): LoggedRequest[] {
    return this.deps.requests.list(filter);
  }

  clearRequests(): void {
    this.deps.requests.clear();
  }

  /**
   * Changes records every `everyMs` and sends the subscribed webhooks, but loses every `loseEvery`th `data-changed` (0
   * or left out: none).
   * @throws Error if there is no webhook URL.
   */
  startDemo(options: DemoOptions): void {
    this.deps.webhooks.requireUrl();
    this.#demo.start(options);
  }

  /** Resolves when the current step has ended. */
  async stopDemo(): Promise<void> {
    await this.#demo.stop();
  }
}
