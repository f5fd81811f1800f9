import type { Category } from '../../src/domain/catalogue/index.ts';
import { modelOf, type ModelDefinition } from '../model/index.ts';

/** Why the endpoints of a model cannot be read, as Kombo's error codes say it. */
export type ModelProblem =
  'INTEGRATION.MODEL_NOT_AVAILABLE' | 'INTEGRATION.MODEL_DISABLED' | 'INTEGRATION.PERMISSION_MISSING';

/** An integration that is there with its records. */
export interface IntegrationSpec {
  /** As `bombohr:ats-demo`. */
  id: string;
  category: Category;
  /** The part of the id before the colon when left out. */
  tool?: string;
  organizationName?: string;
  /** The caller's own id of the customer; null when left out. */
  originId?: string;
  /** Records by table or model name; the others follow in proportion. */
  records?: Record<string, number>;
  /** Multiplies the default sizes. */
  scale?: number;
}

/**
 * With how it starts: as one that has long been there when left out. An integration that starts in setup has told of none of
 * its records yet, so its first `data-changed` names all that it has.
 */
export interface SandboxIntegrationSpec extends IntegrationSpec {
  status?: IntegrationSettings['status'];
  setupStatus?: IntegrationSettings['setupStatus'];
  qaStatus?: IntegrationSettings['qaStatus'];
  /** The sandbox's now when left out. */
  createdAt?: Date;
}

/** What `GET /integrations/{id}` tells, and what reads fail with. */
export interface IntegrationSettings {
  status: 'ACTIVE' | 'INVALID' | 'INACTIVE';
  setupStatus: 'INCOMPLETE' | 'FINAL_SYNC_PENDING' | 'COMPLETED';
  qaStatus: 'PENDING' | 'FAILED' | 'PASSED';
  dataExpiredAt: Date | null;
  /** Every read fails with this code, before any other setting counts. */
  readError: string | null;
}

/** Sizes that were asked for, by model. @throws RangeError for a name that is no table or model. */
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
