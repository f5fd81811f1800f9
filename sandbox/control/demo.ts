import { modelOf } from '../model/index.ts';
import { createRandom } from '../random.ts';
import type { World } from '../state/world.ts';
import type { WebhookControl } from './webhooks.ts';

export interface DemoOptions {
  everyMs: number;
  /** Loses every `loseEvery`th `data-changed` on purpose. */
  loseEvery?: number;
  /** Integrations to change. Default: all. */
  integrations?: readonly string[];
}

/** Plays a day at the office: records come, change and go, and webhooks report most of it. */
export class Demo {
  readonly #control: WebhookControl;
  readonly #world: World;
  readonly #random: () => number;
  #timer: NodeJS.Timeout | undefined;
  #step: Promise<void> | undefined;
  #webhooks = 0;

  constructor(control: WebhookControl, world: World) {
    this.#control = control;
    this.#world = world;
    this.#random = createRandom(world.seed);
  }

  start(options: DemoOptions): void {
    clearInterval(this.#timer);
    this.#timer = setInterval(() => {
      // Waits for a slow receiver instead of sending it two webhooks at once.
      this.#step ??= this.step(options).finally(() => (this.#step = undefined));
    }, options.everyMs);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.#step;
  }

  /** Makes one change in one integration and sends its webhook, with `sync-finished` too if that is subscribed. */
  async step(options: DemoOptions): Promise<void> {
    const integrations = this.#synced(options.integrations);
    if (integrations.length === 0) return;
    const integrationId = this.#pick(integrations);
    this.#change(integrationId);
    if (this.#control.pendingModels(integrationId).length === 0) return;
    const lose = options.loseEvery ? ++this.#webhooks % options.loseEvery === 0 : false;
    if (this.#control.subscription().includes('sync-finished')) {
      await this.#control.finishSync(integrationId, lose ? { lose: 'data-changed' } : {});
    } else {
      await this.#control.flushWebhook(integrationId, { lose });
    }
  }

  /** The integrations that Kombo would sync: not those that are switched off, fail or are being set up. */
  #synced(wanted: readonly string[] | undefined): string[] {
    const states = wanted?.flatMap((id) => this.#world.find(id) ?? []) ?? this.#world.list();
    return states
      .filter(({ settings }) => settings.status === 'ACTIVE' && settings.setupStatus === 'COMPLETED')
      .map(({ id }) => id);
  }

  #change(integrationId: string): void {
    // hris_teams and the open orders are second views of another table.
    const tables = this.#control.tables(integrationId).filter((table) => !SECOND_VIEWS.has(table));
    const table = this.#pick(tables);
    const dice = this.#random();
    if (dice < 0.15) {
      this.#control.create(integrationId, table, { count: 1 + this.#below(3) });
      return;
    }
    const ids = this.#control.ids(integrationId, table);
    // Reference data is never deleted, so that the demo can run for ever.
    const canShrink = ids.length > 50 && modelOf(table).stamped;
    if (ids.length === 0) {
      this.#control.create(integrationId, table);
    } else if (dice < 0.25 && canShrink) {
      this.#control.tombstone(integrationId, table, this.#pick(ids));
    } else {
      const picked = new Set(Array.from({ length: 1 + this.#below(4) }, () => this.#pick(ids)));
      this.#control.update(integrationId, table, [...picked]);
    }
  }

  #below(max: number): number {
    return Math.floor(this.#random() * max);
  }

  #pick<T>(values: readonly T[]): T {
    return values[this.#below(values.length)]!;
  }
}

const SECOND_VIEWS = new Set(['hris_teams', 'assessment_orders_open']);
