import type { Client } from '@temporalio/client';
import type { Config } from '../config.ts';
import { SIGNAL_EVERY_MS, signalPause, type SignalledWorkflow } from '../domain/changes-signal.ts';
import type { Meter } from '../domain/meter.ts';
import { cleanLine } from '../domain/text.ts';
import type { Logger } from '../log.ts';
import { explain } from '../outages/index.ts';
import type { Store } from '../store/database.ts';
import {
  findSignals,
  nextSignalMs,
  noteNotSignalled,
  noteSignalled,
  takeSignals,
  type OwedSignal,
} from '../store/state/changes-signals.ts';
import { signalTable } from '../temporal/signal-table.ts';

export interface SignalDeps {
  store: Store;
  client: Client;
  config: Pick<Config, 'CHANGES_SIGNAL' | 'CHANGES_SIGNAL_SCOPE'>;
  log: Logger;
  meter: Pick<Meter, 'signalled'>;
  signal: AbortSignal;
  everyMs?: number | undefined;
}

const AT_ONCE = 20;
const LONGEST_ERROR = 500;

/**
 * Sends the signals that CHANGES_SIGNAL owes and that are due. What cannot be sent stays owed, and holds up no other.
 *
 * @returns milliseconds until the next one is due; null if none is owed.
 */
export async function signalChanges(deps: SignalDeps): Promise<number | null> {
  const { store, config, signal } = deps;
  const { CHANGES_SIGNAL: target, CHANGES_SIGNAL_SCOPE: scope } = config;
  if (!target) return null;
  while (!signal.aborted && (await findSignals(store, scope)));
  while (!signal.aborted) {
    const due = await takeSignals(store, AT_ONCE);
    const sent = await Promise.all(due.map((owed) => send(deps, target, owed)));
    // While Temporal accepts nothing, the rest waits for the next round.
    if (due.length < AT_ONCE || !sent.includes(true)) break;
  }
  return nextSignalMs(store);
}

/** @returns whether Temporal has accepted it. */
async function send(deps: SignalDeps, target: SignalledWorkflow, owed: OwedSignal): Promise<boolean> {
  const { store, client, log, meter, everyMs = SIGNAL_EVERY_MS } = deps;
  const { table, integrationId, after, upTo, failures } = owed;
  try {
    await signalTable(client, target, owed);
  } catch (error) {
    const reason = cleanLine(explain(error), LONGEST_ERROR);
    meter.signalled({ outcome: 'failed' });
    log.warn(
      { table, integrationId, after, upTo, attempt: failures + 1, reason },
      'changes signal not accepted',
    );
    await noteNotSignalled(store, owed, { error: reason, pauseMs: signalPause(failures + 1) });
    return false;
  }
  meter.signalled({ outcome: 'sent' });
  log.debug({ table, integrationId, after, upTo }, 'changes signalled');
  await noteSignalled(store, owed, everyMs);
  return true;
}
