import type { Config } from '../config.ts';
import { selectEndpoints } from '../domain/choice.ts';
import { startServer, type DeliveryEvent } from '../http/server.ts';
import type { Logger } from '../log.ts';
import type { Store } from '../store/database.ts';
import type { Integration } from '../store/state/integrations.ts';
import { temporalAddress, type TemporalHandle } from '../temporal/connect.ts';
import { startWorker, type PageEvent } from '../worker/run.ts';
import { bannerText } from './banner.ts';
import { calledAs } from './called-as.ts';
import { addDemoIntegrations } from './demo/integrations.ts';
import { aborted, runFirstSyncs } from './demo/first-sync.ts';
import { Live } from './demo/live.ts';
import type { Output } from './output.ts';
import type { EmbeddedPostgres } from './postgres/server.ts';
import type { DevSandbox } from './demo/sandbox.ts';
import { startOnHttpPort } from './servers.ts';
import type { Parts } from './processes/parts.ts';
import { demoSettings, isSet, type Env } from './settings.ts';
import type { TemporalServer } from './temporal/server.ts';
import { watchSyncs } from './demo/watch-syncs.ts';

/** What other programs need to work with this run. */
export interface DevFacts {
  /** Where webhooks arrive. */
  url: string;
  /** Where pages and API are: the same URL unless OPERATIONS_PORT is set. */
  operationsUrl: string;
  temporalAddress: string;
  temporalUiUrl: string | undefined;
  databaseUrl: string | undefined;
  sandboxUrl: string | undefined;
  dataDir: string;
}

export interface DevOptions {
  env: Env;
  /** Your own settings. */
  config: Config;
  output: Output;
  signal: AbortSignal;
  /** Called once, when everything runs. */
  onReady?: (facts: DevFacts) => void;
}

/** What the service and the worker need. A server is undefined if you have your own. */
export interface Ground {
  config: Config;
  store: Store;
  handle: TemporalHandle;
  log: Logger;
  sandbox: DevSandbox | undefined;
  postgres: EmbeddedPostgres | undefined;
  temporal: TemporalServer | undefined;
  dataDir: string;
  /** The settings that `dev` made. */
  settings: Readonly<Record<string, string>>;
}

const DEMO = { everyMs: 4_000, loseEvery: 8 };
/** The worker commits a page in less time. A page that it does not commit is read again. */
const WORKER_STOP_MS = 4_000;

/**
 * Runs the service and the worker on running servers: first the first full syncs, then the demo.
 *
 * @throws if the signal aborts or a part ends by itself.
 */
export async function operate(options: DevOptions, ground: Ground, parts: Parts): Promise<void> {
  const { env, output, signal } = options;
  const { config, store, handle, log, sandbox, temporal, settings } = ground;
  const { client, namespace } = handle;
  const listeners: { page?: (event: PageEvent) => void; delivery?: (event: DeliveryEvent) => void } = {};
  const chosen = isSet(env, 'PORT') ? options.config.PORT : undefined;
  const server = await parts.start({
    name: 'The service',
    start: () =>
      startOnHttpPort({ chosen, host: config.HOST, note: (line) => output.say(line) }, (port) =>
        startServer({
          config: { ...config, PORT: port },
          store,
          log,
          temporal: handle,
          onDelivery: (event) => listeners.delivery?.(event),
          temporalUiUrl: temporal?.uiUrl,
        }),
      ),
    stop: (running) => running.close(),
  });
  await parts.start({
    name: 'The worker',
    start: () => startWorker({ config, store, log, onPage: (event) => listeners.page?.(event) }),
    stop: (running) => running.stop(),
    stopMs: WORKER_STOP_MS,
    ended: (running) => running.finished,
  });
  signal.throwIfAborted();

  const integrations = sandbox ? await addDemoIntegrations({ config, store, client, sandbox }) : [];
  const onPages = (listener: (event: PageEvent) => void) => (listeners.page = listener);
  await runFirstSyncs({ config, store, temporal: handle, output, signal, onPages }, integrations);

  signal.throwIfAborted();
  const facts: DevFacts = {
    url: server.url,
    operationsUrl: server.operationsUrl,
    temporalAddress: temporalAddress(),
    temporalUiUrl: temporal?.uiUrl,
    databaseUrl: ground.postgres?.url,
    sandboxUrl: sandbox?.url,
    dataDir: ground.dataDir,
  };
  output.say(
    bannerText({
      ...facts,
      config,
      namespace,
      demoSettings: sandbox ? Object.keys(demoSettings(env)) : [],
      made: { webhookSecret: 'KOMBO_WEBHOOK_SECRETS' in settings, adminToken: 'ADMIN_TOKEN' in settings },
      command: calledAs(env),
      example: exampleOf(integrations[0], config),
    }),
  );
  options.onReady?.(facts);

  const categories = new Map(integrations.map(({ id, category }) => [id, category]));
  const live = new Live(output, categories, config.DATA_SCHEMA);
  listeners.page = (event) => live.page(event);
  listeners.delivery = (event) => live.delivery(event);
  await parts.start({
    name: 'The watch over syncs',
    start: () => watchSyncs(client, config.TASK_QUEUE, live),
    stop: (watch) => watch.stop(),
  });
  if (sandbox) {
    await parts.start({
      name: 'The demo',
      start: () => startDemo(sandbox, live, `${server.url}/webhooks/kombo`, integrations),
      stop: () => sandbox.control.stopDemo(),
    });
  }
  await Promise.race([aborted(signal), parts.untilOneEnds()]);
}

function startDemo(
  sandbox: DevSandbox,
  live: Live,
  webhookUrl: string,
  integrations: readonly Integration[],
): void {
  sandbox.control.on('webhook', ({ integrationId, models, result }) => {
    if (result.lost) live.lost(integrationId, models);
  });
  sandbox.control.setWebhookUrl(webhookUrl);
  sandbox.control.startDemo({ ...DEMO, integrations: integrations.map(({ id }) => id) });
}

/** An example for a webhook that you send by hand. */
function exampleOf(integration: Integration | undefined, config: Config) {
  if (!integration) return undefined;
  const { id, tool, category } = integration;
  const [endpoint] = selectEndpoints(integration, config).read;
  const model = endpoint && Object.entries(endpoint.models).find(([, role]) => role === 'own')?.[0];
  return model === undefined ? undefined : { integrationId: id, tool, category, model };
}
