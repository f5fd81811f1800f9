import { createRequestBudget, type Admitted } from '../../activities/support/request-budget.ts';
import type { Config } from '../config.ts';
import { komboOf, type KomboClient } from '../kombo/client.ts';
import type { KomboIntegration } from '../kombo/schemas.ts';
import { BUDGET_PATIENCE_MS } from '../domain/retry.ts';
import { SyncError } from '../domain/errors.ts';
import type { Store } from '../store/database.ts';
import { within } from '../within.ts';

/** What commands, the API and pages ask of Kombo. */
export interface KomboByHand {
  /**
   * @param options.bulk it is one of many, which must not use up what is kept for webhooks and for you.
   * @throws SyncError of class RateLimited if the budget is used up for longer than a command should wait.
   */
  getIntegration(
    id: string,
    options?: { bulk?: boolean; signal?: AbortSignal | undefined },
  ): Promise<KomboIntegration>;
  checkApiKey: KomboClient['checkApiKey'];
}

interface ByHandOptions {
  timeoutMs?: number;
  /** How long a request waits for its turn (milliseconds). */
  patienceMs?: number;
  /** Kombo is asked without the budget if Postgres fails, or has not answered for so long. By default, that is an error. */
  withoutAfterMs?: number;
}

/**
 * Kombo's API for what you ask by hand; undefined without a key. Each request comes out of the budget that all workers share
 * and may use its reserve, so that it neither exceeds Kombo's limit nor waits behind full passes.
 */
export function komboByHand(
  config: Config,
  store: Store,
  options: ByHandOptions = {},
): KomboByHand | undefined {
  const budget = createRequestBudget({
    store,
    perMinute: config.KOMBO_REQUESTS_PER_MINUTE,
    concurrency: config.KOMBO_CONCURRENCY,
  });
  const { timeoutMs, patienceMs = BUDGET_PATIENCE_MS.byHand, withoutAfterMs } = options;
  const kombo = komboOf(config, { timeoutMs, onLimits: (...said) => budget.note(...said) });
  if (!kombo) return undefined;
  const admit = (integrationId: string, urgent: boolean, signal = new AbortController().signal) => {
    const admitted = budget.admit({ integrationId, kind: 'look-up', urgent, patienceMs, signal });
    return withoutAfterMs === undefined ? admitted : orWithout(admitted, withoutAfterMs);
  };
  return {
    async getIntegration(id, { bulk = false, signal } = {}) {
      using _ = await admit(id, !bulk, signal);
      return await kombo.getIntegration(id, { signal });
    },
    async checkApiKey() {
      using _ = await admit('', true);
      return await kombo.checkApiKey();
    },
  };
}

async function orWithout(admitted: Promise<Admitted>, ms: number): Promise<Admitted> {
  try {
    return await within(ms, admitted);
  } catch (error) {
    if (error instanceof SyncError) throw error;
    // It may still be admitted later.
    void admitted.then(
      (late) => late[Symbol.dispose](),
      () => {},
    );
    return NOT_COUNTED;
  }
}

const NOT_COUNTED: Admitted = { waited: false, [Symbol.dispose]: () => {} };
