import type { IntegrationChanged } from '../../workflows/messages.ts';

/** The window that paid best in bench/webhooks.ts; longer ones only add to every answer. */
const DEFAULT_WINDOW_MS = 10;
const DEFAULT_MAX_CONCURRENT = 64;
/** Leaves half a second of the five within which a webhook must be answered. */
const DEFAULT_DEADLINE_MS = 4_500;

/** One delivery's wish: read these models of an integration, or look up the integration itself. */
export interface Notice {
  integrationId: string;
  models: string[];
  event?: IntegrationChanged['event'];
  tool?: string;
  category?: string;
}

export interface CoalescerOptions {
  /** Stores a notice durably; resolves only after that. */
  send: (notice: Notice) => Promise<unknown>;
  /** How long the first delivery of an integration waits for company, in milliseconds. */
  windowMs?: number;
  /** Sends in flight at most, over all integrations. */
  maxConcurrent?: number;
  /** How long a delivery waits for its send at most, in milliseconds. */
  deadlineMs?: number;
  /** Called when a send starts, with the number of deliveries that it answers. */
  onSend?: (deliveries: number) => void;
}

/** The delivery was not stored in time. The send may still succeed, which is harmless. */
export class CoalescerTimeout extends Error {
  override name = 'CoalescerTimeout';
}

interface Waiter {
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** Deliveries of one integration that have not been sent yet. */
interface Gathering {
  integrationId: string;
  models: Set<string>;
  events: Set<IntegrationChanged['event']>;
  tool: string | undefined;
  category: string | undefined;
  waiters: Set<Waiter>;
  deliveries: number;
  /** The window is over: it goes out as soon as nothing else is in the way. */
  due: boolean;
}

/**
 * Lets deliveries of one integration that arrive close together share one send, and answers each of them with the outcome
 * of a send that started after it arrived. At most one send per integration is in flight; what arrives meanwhile gathers
 * for the next. Nothing is kept beyond that: a failed send rejects everybody who waited for it, and the sender of the
 * webhook is the one who tries again.
 */
export class Coalescer {
  readonly #send: CoalescerOptions['send'];
  readonly #windowMs: number;
  readonly #maxConcurrent: number;
  readonly #deadlineMs: number;
  readonly #onSend: (deliveries: number) => void;
  readonly #gathering = new Map<string, Gathering>();
  readonly #inFlight = new Set<string>();
  /** Gatherings that are due, in the order in which they became so. */
  readonly #ready = new Set<Gathering>();

  constructor(options: CoalescerOptions) {
    this.#send = options.send;
    this.#windowMs = options.windowMs ?? DEFAULT_WINDOW_MS;
    this.#maxConcurrent = options.maxConcurrent ?? DEFAULT_MAX_CONCURRENT;
    this.#deadlineMs = options.deadlineMs ?? DEFAULT_DEADLINE_MS;
    this.#onSend = options.onSend ?? (() => {});
  }

  /**
   * Resolves when the notice is stored.
   *
   * @throws CoalescerTimeout when that takes longer than the deadline.
   * @throws whatever `send` threw.
   */
  async add(notice: Notice): Promise<void> {
    const gathering = this.#gather(notice);
    let timer: NodeJS.Timeout | undefined;
    let waiter: Waiter | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        waiter = { resolve, reject };
        gathering.waiters.add(waiter);
        timer = setTimeout(() => {
          reject(new CoalescerTimeout(`Nothing was stored within ${this.#deadlineMs} ms.`));
        }, this.#deadlineMs);
      });
    } finally {
      clearTimeout(timer);
      if (waiter) gathering.waiters.delete(waiter);
    }
  }

  #gather(notice: Notice): Gathering {
    let gathering = this.#gathering.get(notice.integrationId);
    if (!gathering) {
      gathering = {
        integrationId: notice.integrationId,
        models: new Set(),
        events: new Set(),
        tool: undefined,
        category: undefined,
        waiters: new Set(),
        deliveries: 0,
        due: false,
      };
      this.#gathering.set(notice.integrationId, gathering);
      this.#openWindow(gathering);
    }
    for (const model of notice.models) gathering.models.add(model);
    if (notice.event) gathering.events.add(notice.event);
    gathering.tool = notice.tool ?? gathering.tool;
    gathering.category = notice.category ?? gathering.category;
    gathering.deliveries += 1;
    return gathering;
  }

  #openWindow(gathering: Gathering): void {
    const close = () => {
      gathering.due = true;
      if (!this.#inFlight.has(gathering.integrationId)) this.#ready.add(gathering);
      this.#startReady();
    };
    // Without a window the send still waits for this turn of the event loop, so that what is being read now shares it.
    if (this.#windowMs === 0) setImmediate(close);
    else setTimeout(close, this.#windowMs);
  }

  #startReady(): void {
    for (const gathering of this.#ready) {
      if (this.#inFlight.size >= this.#maxConcurrent) return;
      this.#ready.delete(gathering);
      void this.#start(gathering);
    }
  }

  /** Never throws: the outcome goes to the waiters. A gathering whose waiters all gave up is sent too, at no risk. */
  async #start(gathering: Gathering): Promise<void> {
    const { integrationId } = gathering;
    this.#gathering.delete(integrationId);
    this.#inFlight.add(integrationId);
    try {
      for (const notice of noticesOf(gathering)) {
        this.#onSend(gathering.deliveries);
        gathering.deliveries = 0;
        await this.#send(notice);
      }
      for (const waiter of gathering.waiters) waiter.resolve();
    } catch (error) {
      for (const waiter of gathering.waiters) waiter.reject(error);
    } finally {
      this.#inFlight.delete(integrationId);
      const next = this.#gathering.get(integrationId);
      if (next?.due) this.#ready.add(next);
      this.#startReady();
    }
  }
}

/** A notice carries one event; different ones in the same window are rare and go out one after the other. */
function noticesOf(gathering: Gathering): Notice[] {
  const { integrationId, tool, category } = gathering;
  const about = { integrationId, ...(tool ? { tool } : {}), ...(category ? { category } : {}) };
  const models = [...gathering.models];
  const [first, ...others] = gathering.events;
  if (!first) return [{ ...about, models }];
  return [
    { ...about, models, event: first },
    ...others.map((event): Notice => ({ ...about, models: [], event })),
  ];
}
