import type { Logger } from '../../log.ts';
import type { Store } from '../../store/database.ts';
import { addDeliveries, type DeliveryCount } from '../../store/state/deliveries.ts';

const EVERY_MS = 1_000;
/** The most distinct counts kept while Postgres is away. Ids come from a signed source, so there are far fewer. */
const MAX_COUNTS = 50_000;
const BATCH = 1_000;

/**
 * Counts deliveries by integration, type and outcome, and stores the counts once a second. You and the cutover report
 * use them: a webhook is acknowledged without them, and a crash loses at most a second of counts.
 */
export class DeliveryCounts {
  readonly #store: Store;
  readonly #log: Logger;
  readonly #counts = new Map<string, DeliveryCount>();
  #timer: NodeJS.Timeout | undefined;
  #storing: Promise<void> | undefined;

  constructor(store: Store, log: Logger) {
    this.#store = store;
    this.#log = log;
  }

  add(delivery: Pick<DeliveryCount, 'integrationId' | 'type' | 'outcome'>): void {
    const now = new Date();
    this.#merge({ ...delivery, times: 1, firstAt: now, lastAt: now });
    this.#timer ??= setTimeout(() => void this.flush(), EVERY_MS);
  }

  /** Stores the counts. Counts that cannot be stored are tried again with the next ones. Never throws. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#storing;
    this.#storing = this.#storeAll();
    await this.#storing;
  }

  async #storeAll(): Promise<void> {
    const counts = [...this.#counts.values()];
    this.#counts.clear();
    for (let start = 0; start < counts.length; start += BATCH) {
      try {
        await addDeliveries(this.#store, counts.slice(start, start + BATCH));
      } catch (error) {
        this.#log.debug({ err: error }, 'Counts of deliveries cannot be stored now');
        for (const count of counts.slice(start)) this.#merge(count);
        return;
      }
    }
  }

  #merge(count: DeliveryCount): void {
    const key = JSON.stringify([count.integrationId, count.type, count.outcome]);
    const known = this.#counts.get(key);
    if (!known && this.#counts.size >= MAX_COUNTS) return;
    this.#counts.set(key, {
      ...count,
      times: count.times + (known?.times ?? 0),
      firstAt: known && known.firstAt < count.firstAt ? known.firstAt : count.firstAt,
      lastAt: known && known.lastAt > count.lastAt ? known.lastAt : count.lastAt,
    });
  }
}
