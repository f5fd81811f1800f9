import { buildApp } from './app.ts';
import type { HttpDeps } from './deps.ts';
import { within } from '../within.ts';

export type { DeliveryEvent } from './deps.ts';

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
    throw new Error(cannotListen(host, port, cause), { cause });
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

function cannotListen(host: string, port: number, cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (['ENOTFOUND', 'EAI_AGAIN', 'EADDRNOTAVAIL'].includes(code)) {
    return `HOST is ${host}, which is no address of this machine. Set it to one, for example 0.0.0.0 or 127.0.0.1. If you have not set it: conda and some shells export a HOST of their own.`;
  }
  const problem = code === 'EADDRINUSE' ? `Port ${port} is in use` : `Cannot listen on ${host}, port ${port}`;
  return `${problem}; set HOST and PORT to an address that is free.`;
}
