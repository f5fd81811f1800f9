import type { Command } from 'commander';
import { addCommand } from '../support/define.ts';
import { EXIT } from '../support/errors.ts';
import { run } from '../support/run.ts';

/** A request takes at most five seconds; twice that is ample. */
const STOP_BOUND_MS = 10_000;

export function register(program: Command): void {
  addCommand(
    program,
    'serve',
    'Run the webhook endpoint, the admin API, the status page, health and metrics',
    ['serve', 'PORT=8080 kombo-sync serve'],
  ).action(
    run(['KOMBO_WEBHOOK_SECRETS', 'DATABASE_URL'], async (context) => {
      const { startServer } = await import('../../http/server.ts');
      const { lazyTemporal } = await import('../../temporal/connect.ts');
      const { bounded, untilAborted, warnOfAbsent } = await import('../support/long-running.ts');
      const stop = context.stopSignal();
      const log = await context.log();
      const store = await context.store();
      const temporal = lazyTemporal();
      try {
        const server = await startServer({ config: context.config, store, temporal, log });
        context.print({ url: server.url }, () => `Listening on ${server.url}`);
        void warnOfAbsent({ store, temporal, log });
        await untilAborted(stop);
        log.info('Stopping: requests in flight are answered, new ones are refused');
        return (await bounded(STOP_BOUND_MS, server.close())) ? EXIT.done : EXIT.failed;
      } finally {
        await temporal.close();
      }
    }),
  );
}
