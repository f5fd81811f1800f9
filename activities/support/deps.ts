import type { Config } from '../../src/config.ts';
import type { RetryOptions } from '../../src/domain/retry.ts';
import type { Trigger } from '../../src/domain/sync.ts';
import type { PassCounts } from '../../src/domain/counts.ts';
import type { PassKind } from '../../src/domain/reads.ts';
import type { KomboClient } from '../../src/kombo/client.ts';
import type { Span } from '../../src/domain/span.ts';
import type { Meter } from '../../src/domain/meter.ts';
import type { Store } from '../../src/store/database.ts';
import type { Fields } from '../../src/domain/fields/policy.ts';
import type { WriteOptions } from '../../src/store/records/write-records.ts';
import type { RequestBudget } from './request-budget.ts';
import type { RequestPlaces } from './request-places.ts';
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
  | 'RETRY_INTERVAL'
  | 'RETRY_MAX_INTERVAL'
  | 'RETRY_GIVE_UP'
  | 'DELETED_RETENTION'
  | 'PASSES_PER_SYNC'
  | 'CHUNK'
  | 'NOTIFY_URL'
  | 'NOTIFY_SECRET'
  | 'NOTIFY_SLACK_URL'
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

/** Lines of activities; in a worker each carries the run that it belongs to. */
export interface ActivityLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
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
  /** What all workers may ask of Kombo, together. */
  budget: RequestBudget;
  /** What of the records is kept out. */
  fields: Fields;
  temporal: ActivityTemporal;
  /** Keeps writers of a locked table from taking every connection. */
  gate: TableGate;
  /** Bounds what asks Kombo at once; `createActivities` makes one when it is left out. */
  places?: RequestPlaces | undefined;
  log: ActivityLog;
  meter?: Meter | undefined;
  /** Traces; without it there are none. */
  span?: Span | undefined;
  /** Wakes readers of the change feed. */
  notifyChanges: () => void;
  onPage?: ((event: PageEvent) => void) | undefined;
  /** In the place of the setting CHUNK, for tests. */
  chunkMs?: number | undefined;
}
