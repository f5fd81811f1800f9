import type { Config } from '../config.ts';
import { eraseWorkflowId } from '../domain/names.ts';
import type { Integration } from '../store/state/integrations.ts';

/** The erasure of the data of a removed integration. */
export interface Erasure {
  workflowId: string;
  at: Date;
}

/** When the data of a removed integration is erased; null if it is kept or already erased. */
export function erasureOf(
  { id, removedAt, erasedAt }: Pick<Integration, 'id' | 'removedAt' | 'erasedAt'>,
  { DELETED_RETENTION: retention }: Pick<Config, 'DELETED_RETENTION'>,
): Erasure | null {
  if (!removedAt || erasedAt || retention === null) return null;
  return { workflowId: eraseWorkflowId(id), at: new Date(removedAt.getTime() + retention) };
}
