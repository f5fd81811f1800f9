import { SyncError } from '../../src/domain/errors.ts';

/**
 * How many pages a process writes to one table at once: enough to keep Postgres busy, far fewer than its connections.
 */
const WRITERS = 8;
/** How long nothing is written to a table after a write has met a lock. */
const CLOSED_MS = 5_000;
const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Lets a bounded number of pages into each table at once. Otherwise a table that another session has locked, for
 * example while it builds an index, would take every connection of the pool and block the other tables. After a write
 * has given up waiting for a lock, the next ones are refused at once for a few seconds.
 */
export class TableGate {
  readonly #writing = new Map<string, number>();
  readonly #waiting = new Map<string, (() => void)[]>();
  readonly #closedUntil = new Map<string, number>();

  /** @throws SyncError TableLocked while the table is locked. */
  async write<T>(table: string, work: () => Promise<T>): Promise<T> {
    this.#refuseClosed(table);
    await this.#enter(table);
    try {
      this.#refuseClosed(table);
      return await work();
    } catch (error) {
      if ((error as { code?: unknown } | null)?.code !== LOCK_NOT_AVAILABLE) throw error;
      this.#closedUntil.set(table, performance.now() + CLOSED_MS);
      throw locked(table, CLOSED_MS);
    } finally {
      this.#leave(table);
    }
  }

  #refuseClosed(table: string): void {
    const leftMs = (this.#closedUntil.get(table) ?? 0) - performance.now();
    if (leftMs > 0) throw locked(table, leftMs);
  }

  async #enter(table: string): Promise<void> {
    const writing = this.#writing.get(table) ?? 0;
    if (writing < WRITERS) {
      this.#writing.set(table, writing + 1);
      return;
    }
    // A page that is done passes its place to the next one.
    await new Promise<void>((resolve) => {
      const waiting = this.#waiting.get(table) ?? [];
      waiting.push(resolve);
      this.#waiting.set(table, waiting);
    });
  }

  #leave(table: string): void {
    const next = this.#waiting.get(table)?.shift();
    if (next) next();
    else this.#writing.set(table, this.#writing.get(table)! - 1);
  }
}

function locked(table: string, leftMs: number): SyncError {
  return new SyncError('TableLocked', `Table ${table} is locked by another session of Postgres.`, {
    retryAfterMs: Math.ceil(leftMs),
  });
}
