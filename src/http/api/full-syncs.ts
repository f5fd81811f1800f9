import type { FullSyncOptions } from '../../domain/full-sync-options.ts';
import type { Logger } from '../../log.ts';
import type { OperationDeps } from '../../operations/deps.ts';
import { fullSyncAll } from '../../operations/syncs.ts';

interface FullSyncsPlan {
  integrations: number;
  perMinute: number;
  options: Omit<FullSyncOptions, 'models'>;
  startedAt: Date;
}

/**
 * Starts the full syncs of all integrations after the answer is sent, because ten thousand starts take minutes. Only
 * one round runs at a time. The audit log says how it ended.
 */
export class FullSyncs {
  readonly #log: Logger;
  readonly #closing = new AbortController();
  #current: { plan: FullSyncsPlan; done: Promise<void> } | undefined;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Begins a round, or joins the one under way. */
  begin(deps: OperationDeps, plan: FullSyncsPlan): { plan: FullSyncsPlan; alreadyRunning: boolean } {
    if (this.#current) return { plan: this.#current.plan, alreadyRunning: true };
    const done = this.#run(deps, plan).finally(() => {
      this.#current = undefined;
    });
    this.#current = { plan, done };
    return { plan, alreadyRunning: false };
  }

  /** Starts no more syncs, and waits for the starts under way. */
  async close(): Promise<void> {
    this.#closing.abort(
      new Error(
        'The process ends before all were started. Ask for it again; it joins those that run already.',
      ),
    );
    await this.#current?.done;
  }

  async #run(deps: OperationDeps, { perMinute, options }: FullSyncsPlan): Promise<void> {
    try {
      const started = await fullSyncAll({ ...deps, signal: this.#closing.signal }, { ...options, perMinute });
      this.#log.info({ started: started.length }, 'The full syncs of all integrations have been started');
    } catch (error) {
      this.#log.warn({ err: error }, 'Not all full syncs could be started');
    }
  }
}
