import type { FaultSpec } from '../api/faults.ts';
import type { LoggedRequest } from '../api/request-log.ts';
import type { ExtraEndpointSpec } from '../state/extra.ts';
import type { IntegrationSettings, SandboxIntegrationSpec } from '../state/spec.ts';
import { Demo, type DemoOptions } from './demo.ts';
import type { ControlDeps } from './records.ts';
import { WebhookControl } from './webhooks.ts';

/**
 * Changes the sandbox's world. `table` may be a table (`hris_groups`) or a model (`ats_job_postings`).
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

  /** An id that was removed begins a new life, with a later `created_at`. */
  addIntegration(spec: SandboxIntegrationSpec): void {
    this.deps.world.add(spec);
  }

  /**
   * Serves a list that the catalogue does not have, or changes what it does with parameters. Integrations that are added later
   * may say how many records it has; the others have their share.
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

  /** What `PUT /integrations/{id}/enabled` does: INACTIVE, or back to ACTIVE. Sends no webhook; `announce` does. */
  setEnabled(integrationId: string, enabled: boolean): void {
    this.deps.world.get(integrationId).setEnabled(enabled);
  }

  /** Everything that was changed, as text for `savedState` of a later sandbox with the same seed. */
  saveState(): string {
    return JSON.stringify({ ...this.deps.world.save(), webhooks: this.deps.webhooks.save() });
  }

  /** @returns a number to take the fault back with. */
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

  /** What clients asked, oldest first. `path` is below `/v1`. */
  requests(filter: { integrationId?: string | undefined; path?: string | undefined } = {}): LoggedRequest[] {
    return this.deps.requests.list(filter);
  }

  clearRequests(): void {
    this.deps.requests.clear();
  }

  /**
   * Changes records every `everyMs` and sends the webhooks that are subscribed; every `loseEvery`th `data-changed` is lost (0 or
   * left out: none).
   * @throws Error when there is no webhook address.
   */
  startDemo(options: DemoOptions): void {
    this.deps.webhooks.requireUrl();
    this.#demo.start(options);
  }

  /** Resolves when a step that is under way has ended. */
  async stopDemo(): Promise<void> {
    await this.#demo.stop();
  }
}
