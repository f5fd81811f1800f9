import { afterAll, inject } from 'vitest';
import { createSandbox, type SandboxIntegrationSpec } from '../../sandbox/index.ts';
import { pino } from 'pino';
import { loadConfig } from '../../src/config.ts';
import { startWorker, type RunningWorker } from '../../src/worker/run.ts';
import { createTestStore } from '../support/database.ts';
import { eventually } from '../support/poll.ts';
import { testTemporal, uniqueTaskQueue } from '../support/temporal.ts';
import { runCommand } from './run-command.ts';
import { cli, emptyFolder, onlyDocument, startCli } from './spawn.ts';

const API_KEY = 'ks_test';

/** Postgres, Temporal, the sandbox in Kombo's place, and the commands. */
export async function createCliSystem(
  integrations: readonly SandboxIntegrationSpec[],
  settings: Record<string, string> = {},
) {
  const store = await createTestStore();
  const temporal = await testTemporal();
  const sandbox = createSandbox({ seed: 7, apiKey: API_KEY, integrations });
  const env: Record<string, string> = {
    DATABASE_URL: store.url,
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    TASK_QUEUE: uniqueTaskQueue(),
    KOMBO_API_URL: await sandbox.listen({ port: 0, host: '127.0.0.1' }),
    KOMBO_API_KEY: API_KEY,
    CATCH_UP_INTERVAL: 'off',
    DEBOUNCE_QUIET: '100ms',
    ...settings,
  };
  const workers: RunningWorker[] = [];
  afterAll(async () => {
    for (const worker of workers) await worker.stop();
    const { rows } = await store.pool.query<{ id: string }>('select id from kombo_sync.integrations');
    for (const { id } of rows) {
      await temporal.client.schedule
        .getHandle(`full-sync/${id}`)
        .delete()
        .catch(() => {});
      for (const workflowId of [`sync/${id}`, `full-sync/${id}`, `erase/${id}`]) {
        await temporal.client.workflow
          .getHandle(workflowId)
          .terminate()
          .catch(() => {});
      }
    }
    await sandbox.close();
  });

  const system = {
    store,
    temporal,
    env,
    control: sandbox.control,
    /** Runs a command, with a stdin in a process of its own. For a wrong exit code, the failure shows its output. */
    text: async (args: readonly string[], expectedCode = 0, input?: string) => {
      const done = await (input === undefined ? runCommand(args, env) : cli(args, env, emptyFolder, input));
      if (done.code !== expectedCode)
        throw new Error(`Expected exit code ${expectedCode}: ${JSON.stringify(done)}`);
      return done;
    },
    /** The same with --json: stdout must be one document. */
    json: async <T = Record<string, unknown>>(
      args: readonly string[],
      expectedCode = 0,
      input?: string,
    ): Promise<T> => onlyDocument((await system.text([...args, '--json'], expectedCode, input)).stdout) as T,
    /** The same in a process of its own, which runs on. */
    start: (args: readonly string[]) => startCli(args, env),
    worker: async () => {
      const log = pino({ level: 'silent' });
      workers.push(await startWorker({ config: loadConfig(env), store, log }));
    },
    /** Waits until no run of this workflow is open. */
    ended: (workflowId: string) =>
      eventually(
        async () => {
          const { status } = await temporal.client.workflow.getHandle(workflowId).describe();
          return status.name !== 'RUNNING' && status.name;
        },
        { timeoutMs: 30_000 },
      ),
  };
  return system;
}

export type CliSystem = Awaited<ReturnType<typeof createCliSystem>>;
