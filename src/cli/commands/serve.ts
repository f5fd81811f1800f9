import { startServer } from '../../http/server.ts';
import { lazyTemporal } from '../../temporal/connect.ts';
import type { Context } from '../support/context.ts';
import { EXIT, type ExitCode } from '../support/errors.ts';
import { bounded, untilAborted, warnOfAbsent } from '../support/long-running.ts';

/** Twice the five seconds that a request takes at most. */
const STOP_BOUND_MS = 10_000;

export async function handle(context: Context): Promise<ExitCode> {
  const stop = context.stopSignal();
  const log = context.log();
  const store = context.store();
  await context.trace('serve');
  const temporal = await lazyTemporal();
  try {
    const server = await startServer({ config: context.config, store, temporal, log });
    const { url, operationsUrl } = server;
    const apart = operationsUrl !== url;
    context.print({ url, ...(apart ? { operationsUrl } : {}) }, () =>
      apart
        ? `Listening on ${url} for webhooks, on ${operationsUrl} for everything else`
        : `Listening on ${url}`,
    );
    void warnOfAbsent({ store, temporal, log });
    await untilAborted(stop);
    log.info('Stopping: requests in flight are answered, new ones are refused');
    return (await bounded(STOP_BOUND_MS, server.close())) ? EXIT.done : EXIT.failed;
  } finally {
    await temporal.close();
  }
}
