import type { Category } from '../../src/domain/catalogue/index.ts';
import { modelOf, type ModelDefinition } from '../model/index.ts';

/** Why the endpoints of a model cannot be read, as Kombo's error code. */
export type ModelProblem =
  'INTEGRATION.MODEL_NOT_AVAILABLE' | 'INTEGRATION.MODEL_DISABLED' | 'INTEGRATION.PERMISSION_MISSING';

/** An integration and its records. */
export interface IntegrationSpec {
  /** For example `bombohr:ats-demo`. */
  id: string;
  category: Category;
  /** Default: the part of the id before the colon. */
  tool?: string;
  organizationName?: string;
  /** The id that you give to the customer. Default: null. */
  originId?: string;
  /** Records by table or model name; the others follow in proportion. */
  records?: Record<string, number>;
  /** Multiplies the default sizes. */
  scale?: number;
}

/**
 * Adds how it starts; by default, like one that has existed for long. An integration that starts in setup has reported
 * none of its records yet, so its first `data-changed` names every model that it has.
 */
export interface SandboxIntegrationSpec extends IntegrationSpec {
  status?: IntegrationSettings['status'];
  setupStatus?: IntegrationSettings['setupStatus'];
  qaStatus?: IntegrationSettings['qaStatus'];
  /** Default: now, by the clock of the sandbox. */
  createdAt?: Date;
}

/** What `GET /integrations/{id}` answers, and what makes reads fail. */
export interface IntegrationSettings {
  status: 'ACTIVE' | 'INVALID' | 'INACTIVE';
  setupStatus: 'INCOMPLETE' | 'FINAL_SYNC_PENDING' | 'COMPLETED';
  qaStatus: 'PENDING' | 'FAILED' | 'PASSED';
  dataExpiredAt: Date | null;
  /** Every read fails with this code; it outranks the other settings. */
  readError: string | null;
}

/** The sizes in the specification, by model. @throws RangeError for a name that is not a table or model. */
export function wantedSizes({ records }: IntegrationSpec): ReadonlyMap<string, number> {
  if (!records) return NOTHING_WANTED;
  return new Map(Object.entries(records).map(([name, count]) => [modelOf(name).name, count]));
}

const NOTHING_WANTED: ReadonlyMap<string, number> = new Map();

export function sizeOf(model: ModelDefinition, wanted: ReadonlyMap<string, number>, scale: number): number {
  const known = wanted.get(model.name);
  if (known !== undefined) return known;
  if (typeof model.size === 'number') return Math.ceil(model.size * scale);
  return Math.ceil(sizeOf(modelOf(model.size.of), wanted, scale) * model.size.share);
}
