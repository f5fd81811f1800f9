import type { FastifyInstance } from 'fastify';
import { within } from '../within.ts';
import { buildApps } from './app.ts';
import type { HttpDeps } from './deps.ts';

export type { DeliveryEvent } from './deps.ts';

/** Longer than any answer may take, shorter than what process managers wait. */
const CLOSE_TIMEOUT_MS = 7_000;

export interface RunningServer {
  /** Where webhooks arrive, from this machine, such as http://localhost:3000 */
  readonly url: string;
  /** Where everything else is: the same, or OPERATIONS_PORT. */
  readonly operationsUrl: string;
  /** Stops listening, lets what is under way end, and cuts it off after seven seconds. */
  close(): Promise<void>;
}

/**
 * Listens on HOST and PORT, and on OPERATIONS_PORT where it is set.
 *
 * @throws Error with the remedy when an address cannot be had.
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
async function listen(app: FastifyInstance, host: string, port: number, setting: string): Promise<string> {
  const problem = await app.listen({ host, port }).then(
    () => undefined,
    (error: unknown) => cannotListen(host, port, setting, error),
  );
  // Without its cause: the code of a HOST that DNS does not know would be taken for Postgres being away.
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
