import http from 'node:http';
import https from 'node:https';
import { pipeline, type Readable } from 'node:stream';
import zlib from 'node:zlib';
import { reusedReads } from './reused-reads.ts';

/** What is looked at of an answer. A `Response` is one too. */
export interface RawAnswer {
  readonly ok: boolean;
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  /** Unpacked. Leaving a loop over it ends the transfer. */
  readonly body: AsyncIterable<Uint8Array> | null;
}

export interface RawRequest {
  headers: Record<string, string>;
  signal: AbortSignal;
}

/** Sends a GET; does not follow redirects. @throws if the server cannot be reached, or the signal fires. */
export type Transport = (url: string, request: RawRequest) => Promise<RawAnswer>;

/** As long as `fetch` waits for a connection; the timeout of a request is much longer. */
const CONNECT_MS = 10_000;

/**
 * Node's HTTP client takes about half of the processor time of `fetch` for a page, which copies every chunk into a stream of
 * the web's kind (docs/performance.md). Connections are kept, and the proxy of the settings counts for both.
 */
export const sendByHttp: Transport = async (url, request) => {
  try {
    return await send(url, request);
  } catch (error) {
    // The server closed a connection that had been kept, just when it was used again.
    if (!(error instanceof StaleConnection)) throw error;
    return send(url, request);
  }
};

class StaleConnection extends Error {}

function send(url: string, { headers, signal }: RawRequest): Promise<RawAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<RawAnswer>();
  const client = url.startsWith('https:') ? https : http;
  const options = {
    headers: { ...headers, 'accept-encoding': 'gzip, deflate, br' },
    signal,
    // Goes to the connection: https://nodejs.org/api/http.html#httprequestoptions-callback
    onread: reusedReads(),
  };
  const request = client.get(url, options);
  request.on('socket', (socket) => {
    if (!socket.connecting) return;
    const late = () => request.destroy(Object.assign(new Error('no connection'), { code: 'ETIMEDOUT' }));
    const timer = setTimeout(late, CONNECT_MS);
    socket.once('connect', () => clearTimeout(timer)).once('close', () => clearTimeout(timer));
  });
  request.on('error', (error: NodeJS.ErrnoException) => {
    const isStale = request.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
    reject(isStale && !signal.aborted ? new StaleConnection('closed', { cause: error }) : error);
  });
  request.on('response', (response) => {
    const { statusCode: status = 0 } = response;
    if (status >= 300 && status < 400) {
      request.destroy(Object.assign(new Error('a redirect'), { code: 'REDIRECTED' }));
      return;
    }
    const get = (name: string) => {
      const value = response.headers[name];
      return (Array.isArray(value) ? value.join(', ') : value) ?? null;
    };
    resolve({ ok: status >= 200 && status < 300, status, headers: { get }, body: unpacked(response) });
  });
  return promise;
}

function unpacked(response: http.IncomingMessage): Readable {
  const unpack = UNPACKERS.get(response.headers['content-encoding'] ?? '');
  // An error comes out of the last one of a pipeline as it is read.
  return unpack ? pipeline(response, unpack(), () => {}) : response;
}

/** An answer that ends early is not whole, which its reader finds out. */
const { Z_SYNC_FLUSH: flush } = zlib.constants;
const LENIENT = { flush, finishFlush: flush };
const { BROTLI_OPERATION_FLUSH: brotliFlush } = zlib.constants;

const UNPACKERS: ReadonlyMap<string, () => zlib.Gunzip | zlib.Inflate | zlib.BrotliDecompress> = new Map([
  ['gzip', () => zlib.createGunzip(LENIENT)],
  ['x-gzip', () => zlib.createGunzip(LENIENT)],
  ['deflate', () => zlib.createInflate(LENIENT)],
  ['br', () => zlib.createBrotliDecompress({ flush: brotliFlush, finishFlush: brotliFlush })],
]);
