import { encodeId } from '../random.ts';
import { sign } from '../../src/kombo/signature.ts';
import { DEFAULT_SUBSCRIPTION, type WebhookType } from './types.ts';

/** How a webhook is delivered. */
export interface DeliveryOptions {
  /** Event id. Default: a new one. */
  id?: string | undefined;
  /** Indents by two spaces, like some senders. The signature covers the indented bytes. */
  pretty?: boolean | undefined;
  wrongSignature?: boolean | undefined;
  /** Makes the webhook but does not send it. */
  lose?: boolean | undefined;
  /** Sends the same bytes twice. */
  duplicate?: boolean | undefined;
  /** Default: the webhook URL of the sandbox. */
  url?: string | undefined;
}

export interface WebhookOptions extends DeliveryOptions {
  type: string;
  data: unknown;
}

export interface WebhookResult {
  id: string;
  type: string;
  body: string;
  signature: string;
  lost: boolean;
  /** One HTTP status for each delivery; null without an answer. */
  statuses: (number | null)[];
}

interface WebhookTarget {
  url: string | undefined;
  secret: string;
}

/** What a later sandbox needs: a receiver takes a webhook with an id that it knows for a repetition. */
export interface SavedWebhooks {
  ids: number;
  subscription: WebhookType[];
}

const TIMEOUT_MS = 30_000;

/** Sends signed webhooks, once each. It does not repeat a failed delivery. */
export class WebhookSender {
  readonly target: WebhookTarget;
  /** The types that the dashboard has chosen. */
  subscription: ReadonlySet<WebhookType> = new Set(DEFAULT_SUBSCRIPTION);
  readonly #seed: number;
  #ids = 0;

  constructor(target: WebhookTarget, seed: number) {
    this.target = target;
    this.#seed = seed;
  }

  save(): SavedWebhooks {
    return { ids: this.#ids, subscription: [...this.subscription] };
  }

  load(saved: SavedWebhooks): void {
    this.#ids = saved.ids;
    this.subscription = new Set(saved.subscription);
  }

  /** For an event, or for something that an event reports. */
  newId(): string {
    return encodeId(this.#seed, ++this.#ids);
  }

  /** @throws Error if there is no webhook URL. */
  requireUrl(): string {
    if (this.target.url) return this.target.url;
    throw new Error('The sandbox has no webhook address: give it webhookUrl, or call setWebhookUrl.');
  }

  /**
   * Sends a webhook of any type, subscribed or not.
   * @throws Error if there is no URL to send it to.
   */
  async send(options: WebhookOptions): Promise<WebhookResult> {
    const id = options.id ?? this.newId();
    const body = JSON.stringify({ id, type: options.type, data: options.data }, null, options.pretty ? 2 : 0);
    const signature = sign(body, options.wrongSignature ? `not ${this.target.secret}` : this.target.secret);
    const result: WebhookResult = {
      id,
      type: options.type,
      body,
      signature,
      lost: options.lose ?? false,
      statuses: [],
    };
    if (result.lost) return result;
    const url = options.url ?? this.requireUrl();
    for (let copy = 0; copy < (options.duplicate ? 2 : 1); copy++) {
      result.statuses.push(await deliver(url, body, signature));
    }
    return result;
  }
}

async function deliver(url: string, body: string, signature: string): Promise<number | null> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-kombo-signature': signature },
      body,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await response.arrayBuffer();
    return response.status;
  } catch {
    return null;
  }
}
