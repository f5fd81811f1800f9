import type { Logger } from '../src/log.ts';
import type { KomboClient } from '../src/kombo/client.ts';
import type { RetryOptions } from '../src/domain/retry.ts';
import type { PassCounts, PassKind, Trigger } from '../src/domain/sync.ts';
import type { Store } from '../src/store/database.ts';
import type { Lifecycle } from '../src/temporal/lifecycle.ts';

/** The settings that activities need; their names are those of `src/config.ts`. */
export interface ActivitySettings {
  WATERMARK_OVERLAP: number;
  FULL_REFRESH_INTERVAL: number;
  EXTRA_ENDPOINTS: readonly string[];
  ERASE_EMPTIED: boolean;
  KEEP_REJECTED_BODIES: boolean;
  SWEEP_MAX_SHARE: number;
  CHANGES_RETENTION: number;
  HISTORY_RETENTION: number;
  RETRY_INTERVAL: number;
  RETRY_MAX_INTERVAL: number;
  RETRY_GIVE_UP: number;
  DELETED_RETENTION: number | null;
}

export function retryOptions(settings: ActivitySettings): RetryOptions {
  return {
    firstMs: settings.RETRY_INTERVAL,
    maxMs: settings.RETRY_MAX_INTERVAL,
    giveUpMs: settings.RETRY_GIVE_UP,
  };
}

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

/** What activities do in Temporal beside their own run. */
export type ActivityTemporal = Pick<
  Lifecycle,
  'ensureSchedules' | 'deleteSchedules' | 'cancelSyncs' | 'planErasure' | 'cancelErasure' | 'wake'
>;

export interface ActivityDeps {
  settings: ActivitySettings;
  store: Store;
  kombo: KomboClient;
  temporal: ActivityTemporal;
  log: Logger;
  /** Wakes readers of the change feed. */
  notifyChanges: () => void;
  onPage?: ((event: PageEvent) => void) | undefined;
  /** How long one activity may read before it gives its place to others (milliseconds). */
  chunkMs?: number;
}
