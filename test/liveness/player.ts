import { setTimeout as delay } from 'node:timers/promises';
import { WorkflowNotFoundError } from '@temporalio/client';
import { getEndpoint } from '../../src/domain/catalogue/index.ts';
import { startFullSync } from '../../src/temporal/start.ts';
import { eventually } from '../support/poll.ts';
import { HEALED_MS, RETRY_MS, type Harm, harmOf } from './bounds.ts';
import { Changes, type Told } from './changes.ts';
import { begin } from './failures.ts';
import { ENDPOINTS, INTEGRATIONS, type Failure, type FullSync, type Plan } from './plan.ts';
import { findLeft, findStrays, openRuns, type Left } from './settled.ts';
import { Visibility, type Unseen } from './visibility.ts';
import type { World } from './world.ts';

/** The outcome of a plan. */
export interface Played {
  plan: Plan;
  told: readonly Told[];
  harms: readonly Harm[];
  /** Changes that were not a row in time. */
  late: readonly Told[];
  unseen: readonly Unseen[];
  /** How many failures of Kombo a request met. */
  met: number;
  /** What is left undone a minute after the end of all failures. */
  left: Left;
  /** How long after that end everything was done (milliseconds); undefined if it never was. */
  healedInMs: number | undefined;
  /** Records in which the copy differs from Kombo in the end. */
  strays: readonly string[];
  /** Steps that could not be played. */
  errors: unknown[];
}

const LOOK_EVERY_MS = 100;
const FIRST_SYNC_MS = 60_000;

/** Plays a plan in a world, with integrations and workers of its own. */
export async function play(world: World, plan: Plan): Promise<Played> {
  const { control, workers } = world;
  const users = (integration: number) => (integration % 2 === 0 ? 600 : 60);
  const ids = Array.from({ length: INTEGRATIONS }, (_, integration) =>
    world.addIntegration(users(integration)),
  );
  await Promise.all(plan.clocks.map((shiftMs, place) => workers.start(place, shiftMs)));
  try {
    for (const id of ids) await world.announce(id, 'integration-created');
    await eventually(async () => (await openRuns(world, ids)).length === 0, { timeoutMs: FIRST_SYNC_MS });
    return await new Player(world, plan, ids).play();
  } finally {
    control.clearFaults();
    await workers.close();
  }
}

class Player {
  readonly #world: World;
  readonly #plan: Plan;
  readonly #ids: readonly string[];
  readonly #changes: Changes;
  readonly #visibility: Visibility;
  readonly #harms: Harm[] = [];
  readonly #errors: unknown[] = [];
  /** Records that vanished without a trace, as 'integration table id'. */
  readonly #vanished = new Set<string>();
  readonly #startedAt = performance.now();
  #isOver = false;

  constructor(world: World, plan: Plan, ids: readonly string[]) {
    this.#world = world;
    this.#plan = plan;
    this.#ids = ids;
    this.#changes = new Changes(world, ids);
    this.#visibility = new Visibility(world, ids);
  }

  async play(): Promise<Played> {
    const { failures, changes, fullSyncs, announcements, seconds } = this.#plan;
    const looking = this.#look();
    await Promise.all([
      this.#until(seconds * 1000),
      ...failures.map((failure) => this.#step(failure.at, () => this.#fail(failure))),
      ...changes.map((change) => this.#step(change.at, () => this.#changes.make(change))),
      ...fullSyncs.map((sync) => this.#step(sync.at, () => this.#fullSync(sync))),
      ...announcements.map(({ at, integration }) =>
        this.#step(at, () => this.#world.announce(this.#ids[integration]!, 'integration-state-changed')),
      ),
    ]);
    const { left, healedInMs } = await this.#settle();
    const strays = healedInMs === undefined ? [] : await findStrays(this.#world, this.#ids, this.#vanished);
    this.#isOver = true;
    await looking;
    const told = this.#changes.told;
    return {
      plan: this.#plan,
      told,
      harms: this.#harms,
      late: told.filter(({ late }) => late !== undefined),
      unseen: this.#visibility.unseen,
      met: this.#visibility.met,
      left,
      healedInMs,
      strays,
      errors: this.#errors,
    };
  }

  async #until(at: number): Promise<void> {
    await delay(Math.max(0, this.#startedAt + at - performance.now()));
  }

  async #step(at: number, act: () => Promise<void>): Promise<void> {
    await this.#until(at);
    await act().catch((error: unknown) => void this.#errors.push(error));
  }

  async #fail(failure: Failure): Promise<void> {
    const harm = harmOf(failure, performance.now());
    if (harm) this.#harms.push(harm);
    const end = await begin(this.#world, this.#ids, this.#plan.clocks, failure);
    const unwatch = this.#visibility.watch(failure);
    await delay(failure.forMs);
    unwatch();
    await end();
    if (harm) harm.until = performance.now();
  }

  /** Starts a full sync by hand, and perhaps cuts it off. */
  async #fullSync(sync: FullSync): Promise<void> {
    const { control, temporal, config } = this.#world;
    const { integration, endpoint, vanish, pageMs, end, afterMs } = sync;
    const integrationId = this.#ids[integration]!;
    const table = getEndpoint(endpoint ?? ENDPOINTS[0]).table;
    const gone = vanish ? this.#changes.vanish(integration, table) : [];
    for (const id of gone) this.#vanished.add(`${integrationId} ${table} ${id}`);
    const slow = { kind: 'delay' as const, ms: pageMs, reads: 'full' as const, count: 'always' as const };
    const fault = control.addFault({ ...slow, integration: integrationId });
    const models = endpoint === undefined ? {} : { models: [table] };
    const { handle } = await startFullSync(temporal.client, config, { integrationId, ...models });
    await delay(afterMs);
    control.removeFault(fault);
    if (end === 'by itself') return;
    try {
      await (end === 'cancelled' ? handle.cancel() : handle.terminate());
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
  }

  /** Looks until everything is over. */
  async #look(): Promise<void> {
    while (!this.#isOver) {
      try {
        await this.#changes.look(this.#harms);
        await this.#visibility.look(this.#harms);
      } catch (error) {
        this.#errors.push(error);
      }
      await delay(LOOK_EVERY_MS);
    }
  }

  /** All failures are over. Each part gets one more change, as it would in life; then everything must be done. */
  async #settle(): Promise<{ left: Left; healedInMs: number | undefined }> {
    const healedAt = performance.now();
    await delay(RETRY_MS.first + 100);
    const part = { kind: 'update' as const, count: 1, where: 0, duplicate: false, at: 0 };
    for (const [integration] of this.#ids.entries()) {
      for (const endpoint of ENDPOINTS) await this.#changes.make({ ...part, integration, endpoint });
    }
    for (;;) {
      const left = await findLeft(this.#world, this.#ids, this.#changes.open.length);
      const afterMs = performance.now() - healedAt;
      if (left.isNothing) return { left, healedInMs: afterMs };
      if (afterMs > HEALED_MS) return { left, healedInMs: undefined };
      await delay(LOOK_EVERY_MS);
    }
  }
}
