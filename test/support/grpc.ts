import { connect, createServer, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** An empty message of gRPC: not compressed, with length 0. */
const EMPTY = Buffer.alloc(5);

const HEAD = { ':status': 200, 'content-type': 'application/grpc' };

/** A status of gRPC. */
export interface GrpcStatus {
  code: number;
  details: string;
}

/**
 * A server that answers every call of gRPC with a status. With `connects`, it accepts the first call of each client.
 *
 * @returns its address.
 */
export async function grpcServer(code: number, details: string, { connects = false } = {}): Promise<string> {
  return listen((stream, method) => {
    if (!connects || method !== 'GetSystemInfo') return refuse(stream, { code, details });
    stream.respond(HEAD, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(EMPTY);
  });
}

/**
 * A proxy for a real server that answers some calls itself, like a server of another kind or with other rights.
 *
 * @param answer the status for a call, for example `CreateSchedule`; if undefined, the real server answers.
 * @returns its address.
 */
export async function grpcProxy(
  target: string,
  answer: (method: string) => GrpcStatus | undefined,
): Promise<string> {
  const session = connect(`http://${target}`);
  session.on('error', () => {});
  onTestFinished(() => session.destroy());
  return listen((stream, method, headers) => {
    const status = answer(method);
    if (status) return refuse(stream, status);
    const { ':authority': _ours, ...rest } = headers;
    const call = session.request({ ...rest, ':authority': target });
    call.on('error', () => stream.close());
    stream.on('close', () => call.close());
    stream.pipe(call);
    call.on('response', (head) => {
      // A server that refuses a call sends no trailers: the headers have the status.
      if (head['grpc-status'] !== undefined) return stream.respond(head, { endStream: true });
      const trailers = Promise.withResolvers<object>();
      call.on('trailers', (found) => trailers.resolve(found));
      stream.respond(head, { waitForTrailers: true });
      stream.on(
        'wantTrailers',
        () => void trailers.promise.then((found) => stream.sendTrailers({ ...found })),
      );
      call.pipe(stream);
    });
  });
}

function refuse(stream: ServerHttp2Stream, { code, details }: GrpcStatus): void {
  const status = { 'grpc-status': String(code), 'grpc-message': details };
  stream.respond({ ...HEAD, ...status }, { endStream: true });
}

async function listen(
  serve: (stream: ServerHttp2Stream, method: string, headers: Record<string, string>) => void,
): Promise<string> {
  const sessions = new Set<ServerHttp2Session>();
  const server = createServer();
  server.on('session', (session) => sessions.add(session));
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    serve(stream, headers[':path']!.split('/').at(-1)!, headers as Record<string, string>);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
