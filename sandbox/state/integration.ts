import {
  CATALOGUE,
  KNOWN_MODELS,
  type Category,
  type EndpointDefinition,
} from '../../src/domain/catalogue/index.ts';
import { linksBetween, modelOf, modelsOf, type ModelDefinition } from '../model/index.ts';
import { hashText, mix } from '../random.ts';
import type { ExtraEndpoints } from './extra.ts';
import { sourcesOf, targetsOf } from './links.ts';
import { Library, type Reader } from './reader.ts';
import {
  sizeOf,
  wantedSizes,
  type IntegrationSettings,
  type IntegrationSpec,
  type ModelProblem,
  type SandboxIntegrationSpec,
} from './spec.ts';
import { TableState, type SavedTable } from './table.ts';

export interface SavedIntegration {
  spec: IntegrationSpec;
  createdAt: string;
  settings: Omit<IntegrationSettings, 'dataExpiredAt'> & { dataExpiredAt: string | null };
  switchedOff: [string, number][];
  problems: [string, ModelProblem][];
  pending: string[];
  /** When the first pending model changed; left out if none has. */
  pendingSince?: number | undefined;
  /** Only tables with changes. */
  tables: Record<string, SavedTable>;
}

/** One integration: its records, their links, and which models changed since the last webhook. */
export class IntegrationState {
  readonly id: string;
  readonly category: Category;
  readonly tool: string;
  readonly organizationName: string;
  readonly originId: string | null;
  readonly createdAt: Date;
  readonly settings: IntegrationSettings = {
    status: 'ACTIVE',
    setupStatus: 'COMPLETED',
    qaStatus: 'PASSED',
    dataExpiredAt: null,
    readError: null,
  };
  /** When the customer switched each of these models off. All their records are tombstones. */
  readonly switchedOff = new Map<string, number>();
  readonly problems = new Map<string, ModelProblem>();
  readonly #pending = new Set<string>();
  /** When the first pending model changed. */
  #pendingSince: number | undefined;
  readonly #spec: IntegrationSpec;
  readonly #extra: ExtraEndpoints;
  readonly #wanted: ReadonlyMap<string, number>;
  readonly #key: number;
  /** Made on demand, since most tables of ten thousand integrations are never read. */
  readonly #tables = new Map<string, TableState>();

  /** @throws RangeError if the specification names a table that does not exist. */
  constructor(spec: IntegrationSpec, seed: number, createdAt: Date, extra: ExtraEndpoints) {
    this.#spec = spec;
    this.#extra = extra;
    this.#wanted = wantedSizes(spec);
    this.id = spec.id;
    this.category = spec.category;
    this.tool = spec.tool ?? spec.id.split(':')[0]!;
    this.organizationName = spec.organizationName ?? `Acme (${spec.category})`;
    this.originId = spec.originId ?? null;
    this.createdAt = createdAt;
    this.#key = mix(seed, hashText(spec.id));
  }

  /** @throws RangeError if the specification names a table that does not exist. */
  static start(
    spec: SandboxIntegrationSpec,
    seed: number,
    now: Date,
    extra: ExtraEndpoints,
  ): IntegrationState {
    const { status, setupStatus, qaStatus, createdAt = now, ...rest } = spec;
    const integration = new IntegrationState(rest, seed, createdAt, extra);
    const { settings } = integration;
    settings.status = status ?? settings.status;
    settings.setupStatus = setupStatus ?? settings.setupStatus;
    settings.qaStatus = qaStatus ?? settings.qaStatus;
    if (settings.setupStatus !== 'COMPLETED') integration.#noteEverything(now.getTime());
    return integration;
  }

  save(): SavedIntegration {
    const { dataExpiredAt, ...settings } = this.settings;
    return {
      spec: this.#spec,
      createdAt: this.createdAt.toISOString(),
      settings: { ...settings, dataExpiredAt: dataExpiredAt?.toISOString() ?? null },
      switchedOff: [...this.switchedOff],
      problems: [...this.problems],
      pending: this.pending,
      pendingSince: this.#pendingSince,
      tables: Object.fromEntries(
        [...this.#tables].flatMap(([name, table]) => (table.untouched ? [] : [[name, table.save()]])),
      ),
    };
  }

  static load(saved: SavedIntegration, seed: number, extra: ExtraEndpoints): IntegrationState {
    const integration = new IntegrationState(saved.spec, seed, new Date(saved.createdAt), extra);
    const { dataExpiredAt } = saved.settings;
    Object.assign(integration.settings, saved.settings, {
      dataExpiredAt: dataExpiredAt === null ? null : new Date(dataExpiredAt),
    });
    for (const [model, at] of saved.switchedOff) integration.switchedOff.set(model, at);
    for (const [model, problem] of saved.problems) integration.problems.set(model, problem);
    for (const model of saved.pending) integration.#pending.add(model);
    integration.#pendingSince = saved.pendingSince;
    for (const [name, table] of Object.entries(saved.tables)) integration.table(name).load(table);
    return integration;
  }

  /** While switched off, Kombo neither syncs nor serves it. Switching it on does not repair its credentials. */
  setEnabled(enabled: boolean): void {
    if (!enabled) this.settings.status = 'INACTIVE';
    else if (this.settings.status === 'INACTIVE') this.settings.status = 'ACTIVE';
  }

  /** The models that the next `data-changed` must name. */
  get pending(): string[] {
    return [...this.#pending];
  }

  /** Takes the pending models, for a webhook. `since` is when the first of them changed. */
  takePending(): { models: string[]; since: number | undefined } {
    const taken = { models: this.pending, since: this.#pendingSince };
    this.#pending.clear();
    this.#pendingSince = undefined;
    return taken;
  }

  /** @throws RangeError if the category of the integration has no such table. */
  table(name: string): TableState {
    const model = modelOf(name);
    const known = this.#tables.get(model.name);
    if (known) return known;
    if (model.category !== this.category) {
      throw new RangeError(`${this.id} is an ${this.category} integration: it has no ${name}.`);
    }
    const table = new TableState({
      key: this.#key,
      salt: mix(this.#key, hashText(model.name)),
      generated: sizeOf(model, this.#wanted, this.#spec.scale ?? 1),
      createdAt: this.createdAt.getTime(),
    });
    this.#tables.set(model.name, table);
    return table;
  }

  /** Reads records. Keep it only for one answer, since it does not see later changes. */
  library(): Library {
    return new Library((model) => this.table(model), this.#key);
  }

  read(name: string, ordinal: number): Reader {
    return this.library().open(modelOf(name), ordinal);
  }

  endpoints(): EndpointDefinition[] {
    const known = CATALOGUE.filter((endpoint) => endpoint.category === this.category);
    return [...known, ...this.#extra.of(this.category)];
  }

  /** The record itself changed: notes the model, and deltas return the records that show it nested. */
  recordChanged(model: ModelDefinition, ordinal: number, at: number): void {
    this.table(model.name).edit(ordinal).changedAt = at;
    this.#note(model.name, at);
    this.touchHolders(model, ordinal, at);
  }

  /** Nested data of the record changed. Deltas return the record only if the catalogue says so. */
  nestedChanged(holder: ModelDefinition, ordinal: number, changedModel: string, at: number): void {
    this.#note(changedModel, at);
    if (this.#shows(holder.name, changedModel)) this.table(holder.name).edit(ordinal).touchedAt = at;
  }

  touchHolders(model: ModelDefinition, ordinal: number, at: number): void {
    for (const holder of modelsOf(this.category)) {
      if (holder !== model && !this.#shows(holder.name, model.name)) continue;
      const table = this.table(holder.name);
      for (const { name, link } of linksBetween(holder.name, model.name)) {
        if (holder === model && !link.refreshesSameModel) continue;
        for (const source of sourcesOf(name, link, ordinal, table, this.table(model.name))) {
          table.edit(source).touchedAt = at;
        }
      }
      if (holder === model) continue;
      for (const { name, link } of linksBetween(model.name, holder.name)) {
        for (const target of targetsOf(name, link, ordinal, this.table(model.name), table)) {
          table.edit(target).touchedAt = at;
        }
      }
    }
  }

  /** No `data-changed` names orders, which have their own webhooks, or the few tables without a model name. */
  #note(model: string, at: number): void {
    if (model === 'assessment_orders') return;
    if (!KNOWN_MODELS.has(model) && !this.#extra.hasModel(model)) return;
    this.#pending.add(model);
    this.#pendingSince ??= at;
  }

  /** Notes all models and memberships that have records. */
  #noteEverything(at: number): void {
    for (const model of modelsOf(this.category)) {
      if (this.table(model.name).total === 0) continue;
      this.#note(model.name, at);
      for (const { join, to } of Object.values(model.links)) {
        if (join !== undefined && this.table(to).total > 0) this.#note(join, at);
      }
    }
  }

  #shows(holder: string, model: string): boolean {
    return this.endpoints().some(
      (endpoint) => modelOf(endpoint.table).name === holder && endpoint.models[model] === 'delta',
    );
  }
}
