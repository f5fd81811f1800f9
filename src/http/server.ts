import type { FastifyInstance } from 'fastify';
import { within } from '../within.ts';
import { buildApps } from './app.ts';
import type { HttpDeps } from './deps.ts';

export type { DeliveryEvent } from './deps.ts';

/** Longer than any answer may take, shorter than what process managers wait. */
const CLOSE_TIMEOUT_MS = 7_000;

export interface RunningServer {
  /** Where this machine reaches the webhook endpoint, such as http://localhost:3000 */
  readonly url: string;
  /** Where everything else is: the same address, or the one on OPERATIONS_PORT. */
  readonly operationsUrl: string;
  /** Stops listening, lets requests under way end, and cuts them off after seven seconds. */
  close(): Promise<void>;
}

/**
 * Listens on HOST and PORT, and on OPERATIONS_PORT if it is set.
 *
 * @throws Error with the remedy if it cannot listen on an address.
 */
export async function startServer(deps: HttpDeps): Promise<RunningServer> {
  const { HOST: host, PORT, OPERATIONS_PORT } = deps.config;
  const { webhooks, operations } = await buildApps(deps);
  const apps = new Set([webhooks, operations]);
  const closeAll = async () => void (await Promise.all([...apps].map((app) => close(app))));
  try {
    const url = await listen(webhooks, host, PORT, 'PORT');
    const apart = operations !== webhooks && OPERATIONS_PORT !== undefined;
    const operationsUrl = apart ? await listen(operations, host, OPERATIONS_PORT, 'OPERATIONS_PORT') : url;
    let closing: Promise<void> | undefined;
    return { url, operationsUrl, close: () => (closing ??= closeAll()) };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

/** @returns its address. */
export async function listen(
  app: FastifyInstance,
  host: string,
  port: number,
  setting: string,
): Promise<string> {
  const problem = await app.listen({ host, port }).then(
    () => undefined,
    (error: unknown) => cannotListen(host, port, setting, error),
  );
  // Leaves out the cause: its code, for a HOST that DNS does not know, would look like an outage of Postgres.
  if (problem !== undefined) throw new Error(problem);
  const address = app.server.address();
  const boundPort = typeof address === 'object' && address ? address.port : port;
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${boundPort}`;
}

function close(app: FastifyInstance): Promise<void> {
  return within(CLOSE_TIMEOUT_MS, app.close()).catch(() => {
    app.server.closeAllConnections();
  });
}

function cannotListen(host: string, port: number, setting: string, cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (['ENOTFOUND', 'EAI_AGAIN', 'EADDRNOTAVAIL'].includes(code)) {
    return `HOST is ${host}, which is not an address of this machine. Set it to one, for example 0.0.0.0 or 127.0.0.1. If you have not set it: conda and some shells export a HOST of their own.`;
  }
  const problem = code === 'EADDRINUSE' ? `Port ${port} is in use` : `Cannot listen on ${host}, port ${port}`;
  return `${problem}; set HOST and ${setting} to an address that is free.`;
}
