import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type Server, type ServerOptions } from 'node:http';
import type { Socket } from 'node:net';
import type { ConnectionError, FastifyBaseLogger } from 'fastify';
import type { Counter } from 'prom-client';
import { PROBLEMS, type ProblemCode } from '../errors/problems.ts';
import type { Sampler } from './sampling.ts';

/** A body has at most 256 kB, so all connections together hold about 250 MB. */
const MAX_CONNECTIONS = 1_000;
/** Longer than the usual 60 s of load balancers, so that they are the ones to close idle connections. */
const KEEP_ALIVE_MS = 65_000;
/** How long a client may take to send a request. Node checks this at an interval, every 30 s by default. */
const REQUEST_MS = 10_000;

export const TIMEOUTS: {
  http: ServerOptions;
  requestTimeout: number;
  keepAliveTimeout: number;
} = {
  http: { headersTimeout: REQUEST_MS, connectionsCheckingInterval: 2_000 },
  requestTimeout: REQUEST_MS,
  keepAliveTimeout: KEEP_ALIVE_MS,
};

interface ConnectionRefusal {
  status: number;
  code: ProblemCode;
  detail: string;
  reason: string;
}

const REFUSALS: ReadonlyMap<string, ConnectionRefusal> = new Map([
  [
    'ERR_HTTP_REQUEST_TIMEOUT',
    {
      status: 408,
      code: 'timeout',
      detail: 'The request did not come in time; send it again.',
      reason: 'timeout',
    },
  ],
  [
    'HPE_HEADER_OVERFLOW',
    { status: 431, code: 'too_long', detail: 'The headers are too long.', reason: 'malformed' },
  ],
]);
const NOT_HTTP: ConnectionRefusal = {
  status: 400,
  code: 'bad_request',
  detail: 'The request is not valid HTTP.',
  reason: 'malformed',
};

interface Deps {
  metrics: { connectionsRefused: Counter<'reason'> };
  sample: Sampler;
  log: FastifyBaseLogger;
}

/** Bounds connections in number and in time. Counts what is refused before it is a request. */
export function boundConnections(server: Server, deps: Deps, max = MAX_CONNECTIONS): void {
  server.maxConnections = max;
  server.on('drop', (dropped) => {
    note(deps, 'full', dropped?.remoteAddress);
    // Connections that only wait for a next request make room for others.
    server.closeIdleConnections();
  });
}

/** Answers input that cannot be read as a request, and closes the connection. */
export function createClientErrorHandler(deps: Deps) {
  return (error: ConnectionError, socket: Socket): void => {
    if (error.code === 'ECONNRESET' || socket.destroyed) return;
    const { status, code, detail, reason } = REFUSALS.get(error.code) ?? NOT_HTTP;
    note(deps, reason, socket.remoteAddress);
    const body = JSON.stringify({
      type: `urn:kombo-sync:problem:${code}`,
      title: PROBLEMS[code],
      status,
      detail,
      code,
      instance: `urn:uuid:${randomUUID()}`,
    });
    const head = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      `content-length: ${Buffer.byteLength(body)}`,
      'content-type: application/problem+json',
      'x-content-type-options: nosniff',
      'connection: close',
    ];
    if (socket.writable) socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
    socket.destroy();
  };
}

function note({ metrics, sample, log }: Deps, reason: string, address: string | undefined): void {
  metrics.connectionsRefused.inc({ reason });
  const line = sample(`connection-${reason}`);
  if (line) log.warn({ reason, address, ...line }, 'A connection was refused');
}
