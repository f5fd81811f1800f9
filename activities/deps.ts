import type { Logger } from '../src/log.ts';
import type { KomboClient } from '../src/kombo/client.ts';
import type { PassCounts, PassKind } from '../src/domain/sync.ts';
import type { Integration } from '../src/store/integrations.ts';
import type { Store } from '../src/store/database.ts';

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
}

/** A page was committed. */
export interface PageEvent {
  integrationId: string;
  endpoint: string;
  kind: PassKind;
  page: number;
  /** Counts of the whole pass so far. */
  counts: PassCounts;
  done: boolean;
}

/** Keeps the schedules of an integration in step with its life. */
export interface ScheduleKeeper {
  ensure(integration: Pick<Integration, 'id' | 'tool' | 'category'>): Promise<void>;
  remove(integrationId: string): Promise<void>;
}

export interface ActivityDeps {
  settings: ActivitySettings;
  store: Store;
  kombo: KomboClient;
  schedules: ScheduleKeeper;
  log: Logger;
  /** Wakes readers of the change feed. */
  notifyChanges: () => void;
  onPage?: ((event: PageEvent) => void) | undefined;
  /** How long one activity may read before it gives its place to others (milliseconds). */
  chunkMs?: number;
}
