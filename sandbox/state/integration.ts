import {
  CATALOGUE,
  KNOWN_MODELS,
  type Category,
  type EndpointDefinition,
} from '../../src/domain/catalogue/index.ts';
import { linksBetween, modelOf, modelsOf, type ModelDefinition } from '../model/index.ts';
import { hashText, mix } from '../random.ts';
import { sourcesOf, targetsOf } from './links.ts';
import { Library, type Reader } from './reader.ts';
import { TableState, type SavedTable } from './table.ts';

/** Why the endpoints of a model cannot be read, as Kombo's error codes say it. */
export type ModelProblem =
  'INTEGRATION.MODEL_NOT_AVAILABLE' | 'INTEGRATION.MODEL_DISABLED' | 'INTEGRATION.PERMISSION_MISSING';

export interface SandboxIntegrationSpec {
  /** As `bombohr:ats-demo`. */
  id: string;
  category: Category;
  /** The part of the id before the colon when left out. */
  tool?: string;
  organizationName?: string;
  /** Records by table or model name; the others follow in proportion. */
  records?: Record<string, number>;
  /** Multiplies the default sizes. */
  scale?: number;
}

/** What `GET /integrations/{id}` tells, and what reads fail with. */
export interface IntegrationSettings {
  status: 'ACTIVE' | 'INVALID' | 'INACTIVE';
  setupStatus: 'INCOMPLETE' | 'FINAL_SYNC_PENDING' | 'COMPLETED';
  qaStatus: 'PENDING' | 'FAILED' | 'PASSED';
  dataExpiredAt: Date | null;
  /** Every read fails with this code, whatever the other settings say. */
  readError: string | null;
}

export interface SavedIntegration {
  spec: SandboxIntegrationSpec;
  createdAt: string;
  settings: Omit<IntegrationSettings, 'dataExpiredAt'> & { dataExpiredAt: string | null };
  switchedOff: [string, number][];
  problems: [string, ModelProblem][];
  pending: string[];
  tables: Record<string, SavedTable>;
}

/** One integration: its records, how they hang together, and which models changed since the last webhook. */
export class IntegrationState {
  readonly id: string;
  readonly category: Category;
  readonly tool: string;
  readonly organizationName: string;
  readonly createdAt: Date;
  readonly settings: IntegrationSettings = {
    status: 'ACTIVE',
    setupStatus: 'COMPLETED',
    qaStatus: 'PASSED',
    dataExpiredAt: null,
    readError: null,
  };
  /** Models that the customer has switched off, and when: all their records are tombstones. */
  readonly switchedOff = new Map<string, number>();
  readonly problems = new Map<string, ModelProblem>();
  /** Model names that the next `data-changed` has to tell. */
  readonly pending = new Set<string>();
  readonly #spec: SandboxIntegrationSpec;
  readonly #key: number;
  readonly #tables = new Map<string, TableState>();

  constructor(spec: SandboxIntegrationSpec, seed: number, createdAt: Date) {
    this.#spec = spec;
    this.id = spec.id;
    this.category = spec.category;
    this.tool = spec.tool ?? spec.id.split(':')[0]!;
    this.organizationName = spec.organizationName ?? `Acme (${spec.category})`;
    this.createdAt = createdAt;
    this.#key = mix(seed, hashText(spec.id));
    const sizes = sizesOf(spec);
    for (const model of modelsOf(spec.category)) {
      this.#tables.set(
        model.name,
        new TableState({
          key: this.#key,
          salt: mix(this.#key, hashText(model.name)),
          generated: sizes.get(model.name)!,
          createdAt: createdAt.getTime(),
        }),
      );
    }
  }

  save(): SavedIntegration {
    const { dataExpiredAt, ...settings } = this.settings;
    return {
      spec: this.#spec,
      createdAt: this.createdAt.toISOString(),
      settings: { ...settings, dataExpiredAt: dataExpiredAt?.toISOString() ?? null },
      switchedOff: [...this.switchedOff],
      problems: [...this.problems],
      pending: [...this.pending],
      tables: Object.fromEntries([...this.#tables].map(([name, table]) => [name, table.save()])),
    };
  }

  static load(saved: SavedIntegration, seed: number): IntegrationState {
    const integration = new IntegrationState(saved.spec, seed, new Date(saved.createdAt));
    const { dataExpiredAt } = saved.settings;
    Object.assign(integration.settings, saved.settings, {
      dataExpiredAt: dataExpiredAt === null ? null : new Date(dataExpiredAt),
    });
    for (const [model, at] of saved.switchedOff) integration.switchedOff.set(model, at);
    for (const [model, problem] of saved.problems) integration.problems.set(model, problem);
    for (const model of saved.pending) integration.pending.add(model);
    for (const [name, table] of Object.entries(saved.tables)) integration.table(name).load(table);
    return integration;
  }

  /** @throws RangeError when the integration's category has no such table. */
  table(name: string): TableState {
    const table = this.#tables.get(modelOf(name).name);
    if (!table) throw new RangeError(`${this.id} is an ${this.category} integration: it has no ${name}.`);
    return table;
  }

  /** Reads records; keep it only for one answer, as it does not see later changes. */
  library(): Library {
    return new Library(this.#tables, this.#key);
  }

  read(name: string, ordinal: number): Reader {
    return this.library().open(modelOf(name), ordinal);
  }

  endpoints(): EndpointDefinition[] {
    return CATALOGUE.filter((endpoint) => endpoint.category === this.category);
  }

  /** The record has changed by itself: notes the model, and shows it wherever a delta returns it nested. */
  recordChanged(model: ModelDefinition, ordinal: number, at: number): void {
    this.table(model.name).edit(ordinal).changedAt = at;
    this.#note(model.name);
    this.touchHolders(model, ordinal, at);
  }

  /** Nested data of the record has changed, which shows only where the catalogue says so. */
  nestedChanged(holder: ModelDefinition, ordinal: number, changedModel: string, at: number): void {
    this.#note(changedModel);
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

  /** Assessments and a few tables have no model name, so no webhook ever names them. */
  #note(model: string): void {
    if (this.category !== 'ASSESSMENT' && KNOWN_MODELS.has(model)) this.pending.add(model);
  }

  #shows(holder: string, model: string): boolean {
    return this.endpoints().some(
      (endpoint) => modelOf(endpoint.table).name === holder && endpoint.models[model] === 'delta',
    );
  }
}

function sizesOf(spec: SandboxIntegrationSpec): Map<string, number> {
  const wanted = new Map(
    Object.entries(spec.records ?? {}).map(([name, count]) => [modelOf(name).name, count]),
  );
  const sizes = new Map<string, number>();
  const sizeOf = (model: ModelDefinition): number => {
    const known = sizes.get(model.name) ?? wanted.get(model.name);
    if (known !== undefined) return known;
    if (typeof model.size === 'number') return Math.ceil(model.size * (spec.scale ?? 1));
    return Math.ceil(sizeOf(modelOf(model.size.of)) * model.size.share);
  };
  for (const model of modelsOf(spec.category)) sizes.set(model.name, sizeOf(model));
  return sizes;
}
