import { isIntegrationId } from '../../src/domain/text.ts';
import { ExtraEndpoints, type ExtraEndpointSpec } from './extra.ts';
import { IntegrationState, type SavedIntegration } from './integration.ts';
import type { SandboxIntegrationSpec } from './spec.ts';

export interface SavedWorld {
  seed: number;
  endpoints?: ExtraEndpointSpec[];
  integrations: SavedIntegration[];
}

/** All integrations of the sandbox, and its clock. */
export class World {
  readonly seed: number;
  /** Endpoints that the catalogue does not have. */
  readonly extra = new ExtraEndpoints();
  readonly #clock: () => Date;
  readonly #integrations = new Map<string, IntegrationState>();
  /** The `created_at` of removed integrations. */
  readonly #earlierLives = new Map<string, number>();

  constructor(seed: number, clock: () => Date) {
    this.seed = seed;
    this.#clock = clock;
  }

  now(): Date {
    return this.#clock();
  }

  /**
   * An id that was removed before gets a new life. Its later `created_at` distinguishes it from the last one.
   * @throws RangeError if the id is not valid or is taken.
   */
  add(spec: SandboxIntegrationSpec): IntegrationState {
    if (!isIntegrationId(spec.id))
      throw new RangeError(`${JSON.stringify(spec.id)} cannot be the id of an integration.`);
    if (this.#integrations.has(spec.id)) throw new RangeError(`There is an integration ${spec.id} already.`);
    const integration = IntegrationState.start(spec, this.seed, this.#birthOf(spec.id), this.extra);
    this.#integrations.set(spec.id, integration);
    return integration;
  }

  save(): SavedWorld {
    const integrations = this.list().map((integration) => integration.save());
    return { seed: this.seed, endpoints: this.extra.save(), integrations };
  }

  /** @throws RangeError if the state has another seed, since another seed makes other records. */
  load(saved: SavedWorld): void {
    if (saved.seed !== this.seed) {
      throw new RangeError(`The saved state is of seed ${saved.seed}, the sandbox of seed ${this.seed}.`);
    }
    for (const endpoint of saved.endpoints ?? []) this.extra.add(endpoint);
    for (const integration of saved.integrations) {
      this.#integrations.set(integration.spec.id, IntegrationState.load(integration, this.seed, this.extra));
    }
  }

  remove(id: string): IntegrationState {
    const integration = this.get(id);
    this.#integrations.delete(id);
    this.#earlierLives.set(id, integration.createdAt.getTime());
    return integration;
  }

  #birthOf(id: string): Date {
    const earlier = this.#earlierLives.get(id) ?? Number.NEGATIVE_INFINITY;
    return new Date(Math.max(this.now().getTime(), earlier + 1));
  }

  find(id: string | undefined): IntegrationState | undefined {
    return id === undefined ? undefined : this.#integrations.get(id);
  }

  /** @throws RangeError if there is no such integration. */
  get(id: string): IntegrationState {
    const integration = this.#integrations.get(id);
    if (!integration) throw new RangeError(`There is no integration ${id}.`);
    return integration;
  }

  list(): IntegrationState[] {
    return [...this.#integrations.values()];
  }
}
