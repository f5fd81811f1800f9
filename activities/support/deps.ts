import type { Config } from '../../src/config.ts';
import type { RetryOptions } from '../../src/domain/retry.ts';
import type { Trigger } from '../../src/domain/sync.ts';
import type { PassCounts } from '../../src/domain/counts.ts';
import type { PassKind } from '../../src/domain/reads.ts';
import type { KomboClient } from '../../src/kombo/client.ts';
import type { Logger } from '../../src/log.ts';
import type { Store } from '../../src/store/database.ts';
import type { Fields } from '../../src/domain/fields/policy.ts';
import type { WriteOptions } from '../../src/store/records/write-records.ts';
import type { TableGate } from './table-gate.ts';

/** The settings that activities need. */
type ActivitySettings = Pick<
  Config,
  | 'WATERMARK_OVERLAP'
  | 'FULL_REFRESH_INTERVAL'
  | 'EXTRA_ENDPOINTS'
  | 'MODELS'
  | 'EXCLUDE_MODELS'
  | 'ERASE_EMPTIED'
  | 'KEEP_REJECTED_BODIES'
  | 'SWEEP_MAX_SHARE'
  | 'CHANGES_RETENTION'
  | 'HISTORY_RETENTION'
  | 'RETRY_INTERVAL'
  | 'RETRY_MAX_INTERVAL'
  | 'RETRY_GIVE_UP'
  | 'DELETED_RETENTION'
>;

export function retryOptions(settings: ActivitySettings): RetryOptions {
  return {
    firstMs: settings.RETRY_INTERVAL,
    maxMs: settings.RETRY_MAX_INTERVAL,
    giveUpMs: settings.RETRY_GIVE_UP,
  };
}

/** How pages are written. */
export const writeOptions = ({
  settings,
  fields,
}: Pick<ActivityDeps, 'settings' | 'fields'>): WriteOptions => ({
  ...settings,
  fields,
});

/** A page was committed. */
export interface PageEvent {
  integrationId: string;
  endpoint: string;
  kind: PassKind;
  trigger: Trigger;
  page: number;
  /** Counts of the whole pass so far. */
  counts: PassCounts;
  done: boolean;
}

/** What activities do in Temporal outside of their own run. */
export interface ActivityTemporal {
  /** Makes `sync/<id>` read what is owed. */
  wake(integrationId: string): Promise<void>;
  /** Makes schedules, syncs and erasure match the status of the integration. */
  settle(integrationId: string, exceptWorkflowId?: string): Promise<void>;
  /** Names of our search attributes that no run of this namespace can carry. */
  unusableLabels?(): Promise<ReadonlySet<string>>;
}

export interface ActivityDeps {
  settings: ActivitySettings;
  store: Store;
  kombo: KomboClient;
  /** Which fields are excluded or hashed. */
  fields: Fields;
  temporal: ActivityTemporal;
  /** Keeps writers of a locked table from taking every connection. */
  gate: TableGate;
  log: Logger;
  /** Wakes readers of the change feed. */
  notifyChanges: () => void;
  onPage?: ((event: PageEvent) => void) | undefined;
  /** How long one activity may read before it makes room for others (milliseconds). */
  chunkMs?: number | undefined;
}
