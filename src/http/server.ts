import { buildApp } from './app.ts';
import type { HttpDeps } from './deps.ts';
import { within } from '../within.ts';

export type { DeliveryEvent, HttpDeps, WebhookOutcome } from './deps.ts';

/** Longer than any answer may take, shorter than what process managers wait. */
const CLOSE_TIMEOUT_MS = 7_000;

export interface RunningServer {
  /** Where it can be reached from this machine, as http://localhost:3000 */
  readonly url: string;
  /** Stops listening, lets what is under way end, and cuts it off after seven seconds. */
  close(): Promise<void>;
}

/**
 * Listens on HOST and PORT.
 *
 * @throws Error with the remedy when the address cannot be had; its cause carries the code, as EADDRINUSE.
 */
export async function startServer(deps: HttpDeps): Promise<RunningServer> {
  const { HOST: host, PORT: port } = deps.config;
  const app = await buildApp(deps);
  try {
    await app.listen({ host, port });
  } catch (cause) {
    await app.close();
    const inUse = cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE';
    const problem = inUse ? `Port ${port} is in use` : `Cannot listen on ${host}, port ${port}`;
    throw new Error(`${problem}; set HOST and PORT to an address that is free.`, { cause });
  }
  const address = app.server.address();
  const boundPort = typeof address === 'object' && address ? address.port : port;
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  let closing: Promise<void> | undefined;
  return {
    url: `http://${name.includes(':') ? `[${name}]` : name}:${boundPort}`,
    close() {
      closing ??= within(CLOSE_TIMEOUT_MS, app.close()).catch(() => {
        app.server.closeAllConnections();
      });
      return closing;
    },
  };
}
