import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { afterAll } from 'vitest';
import type { Certificate } from './certificates.ts';

const PACKET_BYTES = 8;

/** A Postgres that offers TLS with this certificate and refuses connections without. Behind it is the real one. */
export async function startTlsServer(
  databaseUrl: string,
  { certificate, key }: Certificate,
): Promise<number> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    // A client with TLS first asks for it, in a packet of this length.
    socket.once('data', (packet) => {
      if (packet.length !== PACKET_BYTES) {
        socket.end(refusal());
        return;
      }
      socket.write('S');
      const inbound = new TLSSocket(socket, { isServer: true, cert: certificate, key });
      const outbound = connect(Number(target.port), target.hostname).setNoDelay(true);
      sockets.add(outbound);
      for (const [one, other] of [
        [inbound, outbound],
        [outbound, inbound],
      ] as const) {
        one.on('error', () => other.destroy());
        one.on('close', () => other.destroy());
        one.pipe(other);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterAll(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

/** The error of a server whose pg_hba.conf has only `hostssl` lines. */
function refusal(): Buffer {
  const text =
    'SFATAL\0VFATAL\0C28000\0Mno pg_hba.conf entry for host "127.0.0.1", user "me", database "app", no encryption\0\0';
  const head = Buffer.alloc(5);
  head.write('E');
  head.writeInt32BE(text.length + 4, 1);
  return Buffer.concat([head, Buffer.from(text)]);
}
