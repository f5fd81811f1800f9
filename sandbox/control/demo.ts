import { modelOf } from '../model/index.ts';
import { createRandom } from '../random.ts';
import type { World } from '../state/world.ts';
import type { WebhookControl } from './webhooks.ts';

export interface DemoOptions {
  everyMs: number;
  /** Every so many `data-changed` one is lost on purpose. */
  loseEvery?: number;
  /** Integrations to change; all of them when left out. */
  integrations?: readonly string[];
}

/** Plays a day at the office: records change, come and go, and webhooks tell of it, mostly. */
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
      // A receiver that is slow to answer must not be asked twice at once.
      this.#step ??= this.step(options).finally(() => (this.#step = undefined));
    }, options.everyMs);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.#step;
  }

  /** One change in one integration, and its webhook; for a receiver that still listens to it, the end of a sync as well. */
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

  /** Those that Kombo would sync: nothing changes there for one that is switched off, fails or is being set up. */
  #synced(wanted: readonly string[] | undefined): string[] {
    const states = wanted?.flatMap((id) => this.#world.find(id) ?? []) ?? this.#world.list();
    return states
      .filter(({ settings }) => settings.status === 'ACTIVE' && settings.setupStatus === 'COMPLETED')
      .map(({ id }) => id);
  }

  #change(integrationId: string): void {
    // Tables with names of their own only; hris_teams and open orders are second views of another table.
    const tables = this.#control.tables(integrationId).filter((table) => !SECOND_VIEWS.has(table));
    const table = this.#pick(tables);
    const dice = this.#random();
    if (dice < 0.15) {
      this.#control.create(integrationId, table, { count: 1 + this.#below(3) });
      return;
    }
    const ids = this.#control.ids(integrationId, table);
    // Reference data stays small and whole, so that the demo goes on for ever.
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
