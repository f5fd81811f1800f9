import { modelOf } from '../model/index.ts';
import { createRandom } from '../random.ts';
import type { SandboxControl } from './index.ts';

export interface DemoOptions {
  everyMs: number;
  /** Every so many webhooks one is lost on purpose. */
  loseEvery?: number;
  /** Integrations to change; all of them when left out. */
  integrations?: readonly string[];
}

/** Plays a day at the office: records change, come and go, and webhooks tell of it, mostly. */
export class Demo {
  readonly #control: SandboxControl;
  readonly #random: () => number;
  #timer: NodeJS.Timeout | undefined;
  #step: Promise<void> | undefined;
  #webhooks = 0;

  constructor(control: SandboxControl, seed: number) {
    this.#control = control;
    this.#random = createRandom(seed);
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

  /** One change in one integration, and its webhook. */
  async step(options: DemoOptions): Promise<void> {
    const known = this.#control.integrations();
    const integrations = options.integrations?.filter((id) => known.includes(id)) ?? known;
    if (integrations.length === 0) return;
    const integrationId = this.#pick(integrations);
    this.#change(integrationId);
    if (this.#control.pendingModels(integrationId).length === 0) return;
    const lose = options.loseEvery ? ++this.#webhooks % options.loseEvery === 0 : false;
    await this.#control.flushWebhook(integrationId, { lose });
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
    const canShrink = ids.length > 50 && !modelOf(table).bare;
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
