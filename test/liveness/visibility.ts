import { LOOK_UP, type DebtKind } from '../../src/domain/reads.ts';
import { dueOf, VISIBLE_MS, type Harm } from './bounds.ts';
import { lookUpPath } from './failures.ts';
import { ENDPOINTS, type Failure } from './plan.ts';
import type { World } from './world.ts';

type Watched = Extract<Failure, { of: 'list' | 'look-up' }>;

interface Watch {
  failure: Watched;
  /** By the clock of this process, as the sandbox's requests have it. */
  from: Date;
  hitAt?: number;
  ended: boolean;
}

/** A failure that could not be seen when it had to be. */
export interface Unseen {
  failure: Watched;
  /** How long after a request first met it (milliseconds). */
  afterMs: number;
  shown: unknown;
}

interface Debt {
  integrationId: string;
  endpoint: string;
  kind: DebtKind;
  failing: boolean;
}

interface Pass {
  integrationId: string;
  endpoint: string;
  kind: 'delta' | 'full' | 'sweep';
  /** It says why it waits. */
  waits: boolean;
}

/** Checks that each failure of Kombo is visible from soon after a request met it until its end (invariant I10). */
export class Visibility {
  readonly unseen: Unseen[] = [];
  /** How many failures a request met. */
  met = 0;
  readonly #world: World;
  readonly #ids: readonly string[];
  readonly #watches = new Set<Watch>();

  constructor(world: World, ids: readonly string[]) {
    this.#world = world;
    this.#ids = ids;
  }

  /** @returns a function that ends the watch. */
  watch(failure: Failure): () => void {
    if (failure.of !== 'list' && failure.of !== 'look-up') return () => {};
    const watch: Watch = { failure, from: new Date(), ended: false };
    this.#watches.add(watch);
    return () => {
      watch.ended = true;
      this.#watches.delete(watch);
    };
  }

  async look(harms: readonly Harm[]): Promise<void> {
    const before = performance.now();
    const shown = await this.#read();
    if (!shown) return;
    for (const watch of this.#watches) {
      this.#noteHit(watch);
      if (watch.hitAt === undefined || watch.ended) continue;
      const { failure } = watch;
      const integrationId = this.#ids[failure.integration]!;
      const part = { integration: failure.integration, endpoint: ENDPOINTS[0] };
      const ofAll = harms.filter(({ integration, endpoint }) => (integration ?? endpoint) === undefined);
      const { at } = dueOf(part, watch.hitAt, ofAll, VISIBLE_MS);
      if (before <= at || isShown(failure, integrationId, shown)) continue;
      const own = Object.values(shown).flatMap((rows: (Debt | Pass)[]) =>
        rows.filter((row) => row.integrationId === integrationId),
      );
      this.unseen.push({ failure, afterMs: Math.round(before - watch.hitAt), shown: own });
      this.#watches.delete(watch);
    }
  }

  /** A failure is visible only after a request met it. */
  #noteHit(watch: Watch): void {
    if (watch.hitAt !== undefined) return;
    const { failure, from } = watch;
    const integrationId = this.#ids[failure.integration]!;
    const path = pathOf(failure, integrationId);
    const met = this.#world.control
      .requests({ integrationId, path })
      .some(({ at, query }) => at >= from && isOfScope(failure, query));
    if (!met) return;
    watch.hitAt = performance.now();
    this.met += 1;
  }

  /** What is shown now; undefined while a table is locked. */
  async #read(): Promise<{ debts: Debt[]; passes: Pass[] } | undefined> {
    try {
      const { rows: debts } = await this.#world.looker.query<Debt>(
        `select integration_id as "integrationId", endpoint, kind, failing_since is not null as failing
         from kombo_sync.debts where integration_id = any($1)`,
        [this.#ids],
      );
      const { rows: passes } = await this.#world.looker.query<Pass>(
        `select integration_id as "integrationId", endpoint,
           case when state = 'running' then kind else 'sweep' end as kind, error_code is not null as waits
         from kombo_sync.passes
         where integration_id = any($1) and (state = 'running' or sweep_state in ('due', 'checking'))`,
        [this.#ids],
      );
      return { debts, passes };
    } catch (error) {
      if ((error as { code?: string }).code === '55P03') return undefined;
      throw error;
    }
  }
}

function pathOf(failure: Watched, integrationId: string): string | undefined {
  if (failure.of === 'look-up') return lookUpPath(integrationId);
  return failure.endpoint === 'all' ? undefined : failure.endpoint;
}

function isOfScope(failure: Watched, query: Record<string, string>): boolean {
  if (failure.of === 'look-up' || failure.reads === 'all') return true;
  if (failure.reads === 'ids') return query['ids'] !== undefined;
  return query['ids'] === undefined && query['updated_after'] === undefined;
}

/** A failing debt, or a read that says why it waits. A hanging read is under way. */
function isShown(
  failure: Watched,
  integrationId: string,
  { debts, passes }: { debts: readonly Debt[]; passes: readonly Pass[] },
): boolean {
  const isAbout = (row: Debt | Pass) => row.integrationId === integrationId && isOfFailure(failure, row);
  const hangs = failure.trouble.kind === 'hang';
  return (
    debts.some((debt) => isAbout(debt) && debt.failing) ||
    passes.some((pass) => isAbout(pass) && (pass.waits || hangs))
  );
}

function isOfFailure(failure: Watched, { endpoint, kind }: Debt | Pass): boolean {
  if (failure.of === 'look-up') return endpoint === LOOK_UP;
  if (failure.endpoint !== 'all' && failure.endpoint !== endpoint) return false;
  if (failure.reads === 'all') return true;
  return kind === (failure.reads === 'full' ? 'full' : 'sweep');
}
