import type { Config } from '../config.ts';
import { enabledEndpoints } from '../domain/catalogue/index.ts';
import { startServer, type DeliveryEvent } from '../http/server.ts';
import type { Logger } from '../log.ts';
import type { Store } from '../store/database.ts';
import type { Integration } from '../store/integrations.ts';
import { temporalAddress, type TemporalHandle } from '../temporal/connect.ts';
import { startWorker, type PageEvent } from '../worker/run.ts';
import { bannerText } from './banner.ts';
import { addDemoIntegrations } from './demo-integrations.ts';
import { aborted, runFirstSyncs } from './first-sync.ts';
import { Live } from './live.ts';
import type { Output } from './output.ts';
import type { EmbeddedPostgres } from './postgres.ts';
import type { DevSandbox } from './sandbox.ts';
import { startOnHttpPort } from './servers.ts';
import type { Stops } from './stops.ts';
import type { TemporalServer } from './temporal-server.ts';
import { watchSyncs } from './watch-syncs.ts';

/** What other programs need to work with this run. */
export interface DevFacts {
  url: string;
  temporalAddress: string;
  temporalUiUrl: string | undefined;
  databaseUrl: string | undefined;
  sandboxUrl: string | undefined;
  dataDir: string;
}

export interface Parts {
  config: Config;
  store: Store;
  handle: TemporalHandle;
  log: Logger;
  sandbox: DevSandbox | undefined;
  postgres: EmbeddedPostgres | undefined;
  temporal: TemporalServer | undefined;
  dataDir: string;
  /** Undefined: any that is free. */
  chosenPort: number | undefined;
  /** How the user calls the program. */
  command: string;
  demoSettings: readonly string[];
  /** Which secrets are our own. */
  made: { webhookSecret: boolean; adminToken: boolean };
  output: Output;
  signal: AbortSignal;
  stops: Stops;
  onReady: ((facts: DevFacts) => void) | undefined;
}

const DEMO = { everyMs: 4_000, loseEvery: 8 };
/** A page in flight is committed in less; what is not is read again. */
const WORKER_STOP_MS = 4_000;

/**
 * Runs the service and the worker on servers that are there, first the first full syncs, then the demo.
 *
 * @throws when the signal aborts or a part ends by itself.
 */
export async function operate(parts: Parts): Promise<void> {
  const { config, store, handle, log, sandbox, postgres, temporal, output, signal, stops } = parts;
  const listeners: { page?: (event: PageEvent) => void; delivery?: (event: DeliveryEvent) => void } = {};
  const { chosenPort: chosen } = parts;
  const note = (line: string) => output.say(line);
  const server = await startOnHttpPort({ chosen, host: config.HOST, note }, (port) =>
    startServer({
      config: { ...config, PORT: port },
      store,
      log,
      temporal: handle,
      onDelivery: (event) => listeners.delivery?.(event),
      ...(temporal?.uiUrl === undefined ? {} : { temporalUiUrl: temporal.uiUrl }),
    }),
  );
  stops.add(() => server.close());
  const worker = await startWorker({ config, store, log, onPage: (event) => listeners.page?.(event) });
  stops.add(() => worker.stop(), WORKER_STOP_MS);
  signal.throwIfAborted();

  const { client } = handle;
  const integrations = sandbox ? await addDemoIntegrations({ config, store, client, sandbox }) : [];
  const onPages = (listener: (event: PageEvent) => void) => (listeners.page = listener);
  await runFirstSyncs({ config, store, temporal: handle, output, signal, onPages }, integrations);

  signal.throwIfAborted();
  const facts: DevFacts = {
    url: server.url,
    temporalAddress: temporalAddress(),
    temporalUiUrl: temporal?.uiUrl,
    databaseUrl: postgres?.url,
    sandboxUrl: sandbox?.url,
    dataDir: parts.dataDir,
  };
  const { demoSettings, made, command } = parts;
  const { namespace } = handle;
  output.say(
    bannerText({
      ...facts,
      config,
      namespace,
      demoSettings,
      made,
      command,
      example: exampleOf(integrations[0]),
    }),
  );
  parts.onReady?.(facts);

  const live = new Live(output, new Map(integrations.map(({ id, category }) => [id, category])));
  listeners.page = (event) => live.page(event);
  listeners.delivery = (event) => live.delivery(event);
  const watch = watchSyncs(client, config.TASK_QUEUE, live);
  stops.add(() => watch.stop());
  if (sandbox) startDemo(sandbox, live, `${server.url}/webhooks/kombo`, integrations, stops);
  await Promise.race([
    aborted(signal),
    endOf('The worker', worker.finished),
    ...(postgres ? [endOf('Postgres', postgres.ended)] : []),
    ...(temporal ? [endOf('The Temporal server', temporal.ended)] : []),
  ]);
}

async function endOf(part: string, ended: Promise<void>): Promise<never> {
  await ended;
  throw new Error(`${part} has ended by itself, so everything stops. Start again; its log is in DATA_DIR.`);
}

function startDemo(
  sandbox: DevSandbox,
  live: Live,
  webhookUrl: string,
  integrations: readonly Integration[],
  stops: Stops,
): void {
  sandbox.control.on('webhook', ({ integrationId, models, result }) => {
    if (result.lost) live.lost(integrationId, models);
  });
  sandbox.control.setWebhookUrl(webhookUrl);
  sandbox.control.startDemo({ ...DEMO, integrations: integrations.map(({ id }) => id) });
  stops.add(() => sandbox.control.stopDemo());
}

/** Something to send a webhook about. */
function exampleOf(integration: Integration | undefined) {
  if (!integration) return undefined;
  const { id, tool, category } = integration;
  const [endpoint] = enabledEndpoints(category);
  const model = endpoint && Object.entries(endpoint.models).find(([, role]) => role === 'own')?.[0];
  return model === undefined ? undefined : { integrationId: id, tool, category, model };
}
