import { Coalescer } from './coalescer.ts';
import { signalChanges } from '../../temporal/start.ts';
import type { HttpDeps } from '../deps.ts';
import type { Metrics } from '../monitoring/metrics.ts';

/**
 * Shorter than a delivery waits, so that Temporal's own answer arrives first, if there is one. The client may overrun
 * it by one pause between two tries; the delivery's own deadline is exact.
 */
const SEND_DEADLINE_MS = 4_000;

/** The way from a delivery to Temporal. Deliveries of one integration that arrive together go out as one signal. */
export function createIngest(deps: HttpDeps, metrics: Metrics): Coalescer {
  const { client } = deps.temporal;
  const send =
    deps.send ??
    ((request) =>
      client.withDeadline(Date.now() + SEND_DEADLINE_MS, () => signalChanges(client, deps.config, request)));
  return new Coalescer({
    send: (notice) => send({ ...notice, trigger: 'webhook' }),
    windowMs: deps.coalescingWindowMs,
    onSend: (deliveries) => {
      metrics.sends.inc();
      metrics.folded.inc(Math.max(0, deliveries - 1));
    },
  });
}
