import type { Client } from '@temporalio/client';
import type { Config } from '../config.ts';
import type { EndpointSettings } from '../domain/choice.ts';
import {
  CONDITION_KINDS,
  NOTIFY_TARGETS,
  type Condition,
  type ConditionKind,
  type NotifyTarget,
} from '../domain/conditions.ts';
import { notifyWorkflowId } from '../domain/names.ts';
import type { Logger } from '../log.ts';
import type { Store } from '../store/database.ts';
import { listBehind, listConditions, listStale } from '../store/reports/conditions.ts';
import { forgetTarget, listUnsent, noteNews, type Seen } from '../store/state/told.ts';
import { putOff, takeTurn } from '../store/state/turns.ts';
import { isWorkflowOpen } from '../temporal/open-runs.ts';
import { startNotification } from '../temporal/start-notification.ts';
import { readSafetyNet } from './safety-net.ts';

type TellConfig = EndpointSettings &
  Pick<
    Config,
    | 'TASK_QUEUE'
    | 'PUBLIC_URL'
    | 'NOTIFY_URL'
    | 'NOTIFY_SLACK_URL'
    | 'NOTIFY_STALE_AFTER'
    | 'NOTIFY_BEHIND_AFTER'
  >;

interface TellDeps {
  store: Store;
  client: Client;
  config: TellConfig;
  log: Logger;
  /** How long a condition must be away before its end is told. */
  calmMs?: number;
}

/** Whose turn it is to look for conditions. */
export const CONDITIONS_TURN = 'conditions';

/** A target gets one notification in this time at most. */
const EVERY_MS = 60_000;
/** What looks at each integration is looked at this seldom, and rests for so many times as long as it takes. */
const SLOW_EVERY_MS = 5 * 60_000;
const SLOW_REST = 50;
const CALM_MS = 2 * 60_000;
/** Temporal lists twenty thousand schedules in some seconds. */
const SCHEDULES_TIMEOUT_MS = 60_000;

const QUICK: readonly ConditionKind[] = CONDITION_KINDS.filter(
  (kind) => kind !== 'stale' && kind !== 'schedule',
);

/** Where the settings have notifications sent. */
export function targetsOf(config: Pick<Config, 'NOTIFY_URL' | 'NOTIFY_SLACK_URL'>): NotifyTarget[] {
  const isSet: Record<NotifyTarget, boolean> = {
    webhook: config.NOTIFY_URL !== undefined,
    slack: config.NOTIFY_SLACK_URL !== undefined,
  };
  return NOTIFY_TARGETS.filter((target) => isSet[target]);
}

/**
 * Looks at what is wrong and has a workflow send what is news of it. Every worker calls this often; one of them does it for all
 * when it is time, and Temporal is asked for nothing while there is no news but for the list of schedules.
 */
export async function tellOperators(deps: TellDeps): Promise<void> {
  const { store, client, config, log, calmMs = CALM_MS } = deps;
  const targets = targetsOf(config);
  if (targets.length === 0) return;
  const turn = await takeTurn(store, CONDITIONS_TURN, EVERY_MS);
  if (!turn) return;
  for (const target of NOTIFY_TARGETS) if (!targets.includes(target)) await forgetTarget(store, target);
  const slow = await lookAtEach(deps).catch((error: unknown): Seen => {
    log.debug({ err: error }, 'It is looked at later how fresh the integrations are');
    return { open: [], kinds: [] };
  });
  const behindMs = config.NOTIFY_BEHIND_AFTER;
  const behind = behindMs === null ? [] : await listBehind(store, behindMs);
  const seen: Seen = {
    open: [...(await listConditions(store)), ...behind, ...slow.open],
    kinds: [...QUICK, ...slow.kinds],
  };
  for (const target of targets) {
    await noteNews(store, target, seen, { turn, calmMs, publicUrl: config.PUBLIC_URL });
  }
  // Those of earlier turns, too: the start of a workflow may have failed, or you have terminated it.
  for (const unsent of await listUnsent(store)) {
    if (await isWorkflowOpen(client, notifyWorkflowId(unsent.id))) continue;
    await startNotification(client, config, unsent);
  }
}

/** What takes a look at each integration; nothing while its turn has not come. */
async function lookAtEach({ store, client, config }: TellDeps): Promise<Seen> {
  const turn = await takeTurn(store, 'integrations', SLOW_EVERY_MS);
  if (!turn) return { open: [], kinds: [] };
  const begun = performance.now();
  const staleMs = config.NOTIFY_STALE_AFTER;
  const stale = staleMs === null ? [] : await listStale(store, staleMs, config);
  const timeoutMs = SCHEDULES_TIMEOUT_MS;
  const net = await readSafetyNet({ store, config, client, timeoutMs, named: Infinity });
  await putOff(store, turn, (performance.now() - begun) * SLOW_REST);
  if (!net.schedules) return { open: stale, kinds: ['stale'] };
  const now = new Date();
  const schedules = net.schedules.troubled.map(({ id, state, byHand }): Condition => ({
    kind: 'schedule',
    key: id,
    integrationId: id,
    code: byHand ? 'paused_by_hand' : state,
    since: now,
  }));
  return { open: [...stale, ...schedules], kinds: ['stale', 'schedule'] };
}
