import type { Client } from '@temporalio/client';
import type { Config } from '../../config.ts';
import { komboByHand } from '../../operations/kombo-by-hand.ts';
import type { Store } from '../../store/database.ts';
import { findIntegration, saveIntegration, type Integration } from '../../store/state/integrations.ts';
import { ensureSchedules } from '../../temporal/schedules.ts';
import { askAgain } from './ask-again.ts';
import type { DevSandbox } from './sandbox.ts';

const ANSWER_MS = 5_000;

/** Adds the integrations of the sandbox and their schedules. One that you have removed stays removed. */
export async function addDemoIntegrations(deps: {
  config: Config;
  store: Store;
  client: Client;
  sandbox: Pick<DevSandbox, 'control'>;
  /** How long Temporal may take for the schedules of one integration before the next try. */
  answerMs?: number;
}): Promise<Integration[]> {
  const { config, store, client, sandbox, answerMs = ANSWER_MS } = deps;
  const kombo = komboByHand(config, store)!;
  const added: Integration[] = [];
  for (const id of sandbox.control.integrations()) {
    const before = await findIntegration(store, id);
    if (before?.status === 'removed') continue;
    const integration = await saveIntegration(store, { ...(await kombo.getIntegration(id)), id });
    await askAgain(client, answerMs, () => ensureSchedules(client, config, integration));
    added.push(integration);
  }
  return added;
}
