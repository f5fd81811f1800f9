import { createServer, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** An empty message of gRPC: not compressed, of no length. */
const EMPTY = Buffer.alloc(5);

/**
 * A server that answers every call of gRPC with a status, and the first one of every client as told.
 *
 * @returns its address.
 */
export async function grpcServer(code: number, details: string, { connects = false } = {}): Promise<string> {
  const sessions = new Set<ServerHttp2Session>();
  const server = createServer();
  server.on('session', (session) => sessions.add(session));
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    const head = { ':status': 200, 'content-type': 'application/grpc' };
    if (!connects || !headers[':path']?.endsWith('/GetSystemInfo')) {
      stream.respond({ ...head, 'grpc-status': String(code), 'grpc-message': details }, { endStream: true });
      return;
    }
    stream.respond(head, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(EMPTY);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
