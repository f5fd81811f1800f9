import { proxySinks, type Sinks } from '@temporalio/workflow';
import { addCounts, NO_COUNTS } from '../src/domain/counts.ts';
import type { EndedSync } from '../src/domain/meter.ts';
import {
  overallStatus,
  type Blocked,
  type EndpointOutcome,
  type UnfinishedSync,
} from '../src/domain/sync.ts';

/* How each sync of a run has ended, for the worker's log and metrics. It adds nothing to the history. */

export interface SyncSinks extends Sinks {
  syncs: { ended(sync: EndedSync): void };
}

const { syncs } = proxySinks<SyncSinks>();

/** The syncs of a run that still read. Several may: one that reads in full goes on while the next ones begin. */
export class Story {
  readonly #integrationId: string;
  readonly #open: Map<string, UnfinishedSync>;

  constructor(integrationId: string, unfinished: readonly UnfinishedSync[] = []) {
    this.#integrationId = integrationId;
    this.#open = new Map(unfinished.map((sync) => [sync.syncId, sync]));
  }

  get unfinished(): UnfinishedSync[] {
    return [...this.#open.values()];
  }

  begin(sync: Omit<UnfinishedSync, 'outcomes' | 'startedAt'>, startedAt = Date.now()): void {
    this.#open.set(sync.syncId, { ...sync, startedAt, outcomes: [] });
  }

  record(syncId: string, outcomes: readonly EndpointOutcome[]): void {
    this.#open.get(syncId)?.outcomes.push(...outcomes);
  }

  /** Nothing of it is left to be read. */
  end(syncId: string, how: { blocked?: Blocked | undefined; cancelled?: boolean } = {}): void {
    const sync = this.#open.get(syncId);
    if (!sync) return;
    this.#open.delete(syncId);
    const { outcomes, trigger, startedAt } = sync;
    const { blocked, cancelled = false } = how;
    const status = blocked?.failed ? 'failed' : overallStatus(outcomes);
    syncs.ended({
      integrationId: this.#integrationId,
      syncId,
      trigger,
      status: cancelled ? 'cancelled' : status,
      endpoints: pathsOf(outcomes),
      failed: pathsOf(outcomes.filter((outcome) => outcome.status === 'failed')),
      counts: outcomes.reduce((sum, { counts }) => addCounts(sum, counts), NO_COUNTS),
      ms: Date.now() - startedAt,
      code: blocked?.code,
    });
  }

  /** The run was cancelled: none of them reads on. */
  cancel(): void {
    for (const syncId of [...this.#open.keys()]) this.end(syncId, { cancelled: true });
  }
}

const pathsOf = (outcomes: readonly EndpointOutcome[]) => [
  ...new Set(outcomes.map(({ endpoint }) => endpoint)),
];
