import type { NotifyTarget } from './conditions.ts';
import type { DriftCounts, PassCounts } from './counts.ts';
import type { DebtKind, PassKind, Trigger } from './reads.ts';
import type { SyncStatus } from './sync.ts';

/** What Kombo is asked for: a page of a list, records of a list by their ids, an integration, or whether the key is right. */
export const REQUEST_CLASSES = ['list', 'ids', 'integration', 'api-key'] as const;
export type RequestClass = (typeof REQUEST_CLASSES)[number];

export interface AskedKombo {
  endpoint: RequestClass;
  /** The HTTP status of the answer, or why there is none. */
  status: number | 'timeout' | 'unreachable' | 'cancelled';
  ms: number;
}

/** How a sync has ended, as its log line and the metrics say it. */
export interface EndedSync {
  integrationId: string;
  syncId: string;
  trigger: Trigger;
  status: SyncStatus | 'cancelled';
  /** Paths of what was read. */
  endpoints: string[];
  /** Of these, what failed. */
  failed: string[];
  counts: PassCounts;
  ms: number;
  /** Why nothing was read. */
  code?: string | undefined;
}

/** Told of what a worker does. Numbers, closed sets of words, and ids of integrations; never anything of a record. */
export interface Meter {
  asked(request: AskedKombo): void;
  /** A request to Kombo had to wait for the budget. */
  waited(wait: { kind: DebtKind; ms: number }): void;
  /** A page is in Postgres. `counts` are of this page. */
  page(page: { integrationId: string; kind: PassKind; counts: PassCounts; writeMs: number }): void;
  /** A pass has ended, and is not resumed under the same row. */
  pass(pass: {
    integrationId: string;
    kind: PassKind;
    outcome: 'completed' | 'failed' | 'skipped';
    ms: number;
  }): void;
  /** A sweep has marked rows as deleted. */
  swept(sweep: { integrationId: string; deleted: number }): void;
  /** A full pass has found that the count of the rows of an integration and table was wrong. */
  recounted(where: { integrationId: string }): void;
  /** What a full pass had to repair. */
  drift(drift: { integrationId: string; counts: DriftCounts }): void;
  sync(sync: EndedSync): void;
  /** A try to send a notification. */
  notified(tried: { target: NotifyTarget; outcome: 'sent' | 'failed' }): void;
  /** A try to signal a workflow of yours. */
  signalled(tried: { outcome: 'sent' | 'failed' }): void;
}
