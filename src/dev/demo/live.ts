import { enabledEndpoints, getEndpoint, type Category } from '../../domain/catalogue/index.ts';
import { routeModels } from '../../domain/routing.ts';
import type { SyncResult } from '../../domain/sync.ts';
import type { PassCounts } from '../../domain/counts.ts';
import type { DeliveryEvent } from '../../http/server.ts';
import type { PageEvent } from '../../worker/run.ts';
import type { Output } from '../output.ts';

const WRITTEN = ['created', 'updated', 'deleted', 'restored'] as const;

export interface EndedSync {
  integrationId: string;
  trigger: string;
  startedAt: Date;
  ms: number;
  result: SyncResult;
}

/** Prints what happens, one line for each event. */
export class Live {
  readonly #output: Output;
  readonly #categories: ReadonlyMap<string, Category>;
  /** The schema of the tables. */
  readonly #schema: string;
  /** Lost webhooks whose endpoints no sync has read yet: endpoints and time, by integration. */
  readonly #lost = new Map<string, { endpoints: Set<string>; at: Date }[]>();

  constructor(output: Output, categories: ReadonlyMap<string, Category>, schema: string) {
    this.#output = output;
    this.#schema = schema;
    this.#categories = categories;
  }

  delivery(event: DeliveryEvent): void {
    const outcome = event.outcome === 'accepted' ? undefined : event.outcome;
    // A refused delivery has no models.
    const what = event.models.length > 0 ? event.models.join(', ') : event.type;
    const text = [outcome, what].filter((part) => part !== undefined).join(': ');
    this.#line('webhook', event.integrationId ?? '–', text);
  }

  page(event: PageEvent): void {
    const text = writtenText(event.counts);
    if (event.done && text !== '') {
      this.#line(
        'written',
        event.integrationId,
        `${this.#schema}.${getEndpoint(event.endpoint).table}: ${text}`,
      );
    }
  }

  syncStarted(integrationId: string, trigger: string): void {
    if (trigger !== 'catch-up') this.#line('sync', integrationId, `started (${trigger})`);
  }

  syncEnded(sync: EndedSync): void {
    const { integrationId, trigger, result } = sync;
    const failed = result.failed.length > 0 ? `; failed: ${result.failed.join(', ')}` : '';
    const written = writtenText(result.counts);
    if (trigger !== 'catch-up' || written !== '' || failed !== '') {
      const seconds = (sync.ms / 1_000).toFixed(1);
      const text = `${result.status} in ${seconds} s (${trigger}): ${written || 'nothing new'}${failed}`;
      this.#line('sync', integrationId, text);
    }
    this.#heal(sync);
  }

  lost(integrationId: string, models: readonly string[]): void {
    const category = this.#categories.get(integrationId);
    if (!category) return;
    const { delta, full } = routeModels(models, enabledEndpoints(category));
    const open = this.#lost.get(integrationId) ?? [];
    open.push({ endpoints: new Set([...delta, ...full]), at: new Date() });
    this.#lost.set(integrationId, open);
    this.#line('lost', integrationId, `the sandbox lost a webhook on purpose: ${models.join(', ')}`);
  }

  #heal({ integrationId, trigger, startedAt, result }: EndedSync): void {
    const open = this.#lost.get(integrationId) ?? [];
    const still = open.filter(({ endpoints, at }) => {
      if (startedAt < at) return true;
      for (const path of endpoints) {
        const isRead = result.endpoints[path]?.status === 'completed' || result.quiet.includes(path);
        if (isRead) endpoints.delete(path);
      }
      return endpoints.size > 0;
    });
    this.#lost.set(integrationId, still);
    if (still.length < open.length) {
      this.#line('healed', integrationId, `the ${trigger} sync brought what the lost webhook was about`);
    }
  }

  #line(what: string, integrationId: string, text: string): void {
    const time = new Date().toTimeString().slice(0, 8);
    this.#output.say(`${time}  ${what.padEnd(7)}  ${integrationId.padEnd(18)}  ${text}`);
  }
}

function writtenText(counts: PassCounts): string {
  return WRITTEN.filter((key) => counts[key] > 0)
    .map((key) => `${counts[key]} ${key}`)
    .join(', ');
}
