import { encodeId } from './random.ts';
import { sign } from '../src/kombo/signature.ts';
import { endUser } from './api/integration-body.ts';
import type { IntegrationState } from './state/integration.ts';

export interface WebhookOptions {
  type: string;
  data: unknown;
  /** Event id; a new one when left out. */
  id?: string | undefined;
  /** Indented by two spaces, as some senders do; the signature covers the indented bytes. */
  pretty?: boolean | undefined;
  wrongSignature?: boolean | undefined;
  /** Make it and do not send it. */
  lose?: boolean | undefined;
  /** Send the same bytes twice. */
  duplicate?: boolean | undefined;
  /** Another receiver than the sandbox's. */
  url?: string | undefined;
}

export interface WebhookResult {
  id: string;
  type: string;
  body: string;
  signature: string;
  lost: boolean;
  /** One HTTP status per delivery; null where nobody answered. */
  statuses: (number | null)[];
}

export type LifecycleEvent = 'integration-created' | 'integration-deleted' | 'integration-state-changed';

export interface WebhookTarget {
  url: string | undefined;
  secret: string;
}

const TIMEOUT_MS = 30_000;

/** Sends signed webhooks, once each: what becomes of a failed delivery is the receiver's problem, as in reality. */
export class WebhookSender {
  readonly target: WebhookTarget;
  readonly #seed: number;
  #sent = 0;

  constructor(target: WebhookTarget, seed: number) {
    this.target = target;
    this.#seed = seed;
  }

  /** @throws Error when there is no address to send to. */
  requireUrl(): string {
    if (this.target.url) return this.target.url;
    throw new Error('The sandbox has no webhook address: give it webhookUrl, or call setWebhookUrl.');
  }

  /** @throws Error when there is no address to send to. */
  async send(options: WebhookOptions): Promise<WebhookResult> {
    const id = options.id ?? encodeId(this.#seed, ++this.#sent);
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

export function dataChanged(integration: IntegrationState, models: readonly string[]): WebhookOptions {
  return {
    type: 'data-changed',
    data: {
      integration_id: integration.id,
      integration_tool: integration.tool,
      integration_category: integration.category,
      changed_models: models.map((name) => ({ name })),
    },
  };
}

/** The payloads name the integration differently: `id` when it comes or goes, `integration_id` when its state changes. */
export function lifecycle(integration: IntegrationState, type: LifecycleEvent, now: Date): WebhookOptions {
  const end_user = endUser(integration);
  if (type === 'integration-state-changed') {
    const { status, setupStatus, qaStatus } = integration.settings;
    const data = {
      integration_id: integration.id,
      integration_tool: integration.tool,
      integration_category: integration.category,
      end_user,
      qa_status: qaStatus,
      setup_status: setupStatus,
      state: status,
      updated_at: now.toISOString(),
    };
    return { type, data };
  }
  const deleted = type === 'integration-deleted' ? { deleted_at: now.toISOString() } : {};
  const { id, tool, category } = integration;
  return { type, data: { id, tool, category, end_user, ...deleted } };
}
