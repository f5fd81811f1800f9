import { createServer, type Server, type Socket } from 'node:net';
import { Client, Connection } from '@temporalio/client';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { loadConfig, type Config } from '../../src/config.ts';
import { buildApps } from '../../src/http/app.ts';
import type { DeliveryEvent, HttpDeps } from '../../src/http/deps.ts';
import { sign } from '../../src/kombo/signature.ts';
import type { Logger } from '../../src/log.ts';
import { openStore, type Store } from '../../src/store/database.ts';
import type { TemporalHandle } from '../../src/temporal/connect.ts';
import { outageOptions } from '../../src/temporal/outages.ts';

export const SECRET = 'whsec_of_the_tests';
export const OLD_SECRET = 'whsec_before_rotation';
export const ADMIN_TOKEN = 'admin-token-of-the-tests';

/** An address where nothing listens: the port is free and below those that the system assigns. */
export const CLOSED_ADDRESS = '127.0.0.1:1';

export function testConfig(settings: Record<string, string> = {}): Config {
  return loadConfig({
    KOMBO_WEBHOOK_SECRETS: `${SECRET},${OLD_SECRET}`,
    ADMIN_TOKEN,
    HOST: '127.0.0.1',
    PORT: '0',
    ...settings,
  });
}

/** A logger with lines that a test can read. */
export function recordingLog(): { log: Logger; text: () => string } {
  const lines: string[] = [];
  return {
    log: pino({ level: 'trace' }, { write: (line: string) => lines.push(line) }),
    text: () => lines.join(''),
  };
}

/** A handle that connects on first use and is closed after the test. */
export function temporalAt(address: string): TemporalHandle {
  const { options, settled } = outageOptions();
  const connection = Connection.lazy({ address, ...options });
  const handle = {
    connection,
    client: new Client({ connection }),
    namespace: 'default',
    close: () => settled().then(() => connection.close()),
  };
  onTestFinished(() => handle.close());
  return handle;
}

/** A store whose Postgres is down. */
export function storeThatIsDown(): Store {
  const store = openStore(`postgres://nobody@${CLOSED_ADDRESS}/nothing`);
  onTestFinished(() => store.close());
  return store;
}

/** A server that accepts connections and never answers. */
export async function silentServer(): Promise<string> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (typeof address !== 'object' || !address) throw new Error('The server has no address.');
  return `127.0.0.1:${address.port}`;
}

/** What a server under test needs. Temporal and Postgres are down unless you pass them. */
export function testDeps(overrides: Partial<HttpDeps> = {}): HttpDeps & { events: DeliveryEvent[] } {
  const events: DeliveryEvent[] = [];
  return {
    config: testConfig(),
    store: overrides.store ?? storeThatIsDown(),
    temporal: overrides.temporal ?? temporalAt(CLOSED_ADDRESS),
    log: recordingLog().log,
    onDelivery: (event) => events.push(event),
    // Tests do not depend on how busy the machine is.
    lagMs: () => 0,
    ...overrides,
    events,
  };
}

export async function testApp(overrides: Partial<HttpDeps> = {}) {
  const deps = testDeps(overrides);
  const { operations: app } = await buildApps(deps);
  onTestFinished(() => app.close());
  return {
    app,
    events: deps.events,
    deliver: (body: string | Buffer, signature: string | null = sign(body, SECRET)) =>
      app.inject({
        method: 'POST',
        url: '/webhooks/kombo',
        headers: {
          'content-type': 'application/json',
          ...(signature === null ? {} : { 'x-kombo-signature': signature }),
        },
        body,
      }),
  };
}

export function dataChanged(integrationId: string, ...models: string[]): string {
  return JSON.stringify({
    id: 'Cbfk5sHtDxrSrJBRjsDtbaN9',
    type: 'data-changed',
    data: {
      integration_id: integrationId,
      integration_tool: 'personio',
      integration_category: 'HRIS',
      changed_models: models.map((name) => ({ name })),
    },
  });
}
