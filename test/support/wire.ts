import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { afterAll } from 'vitest';

/**
 * A proxy for a server that a test can cut, with all open connections, and mend on the same port.
 *
 * @param target host:port
 * @param whenOver removes it after the file; pass `onTestFinished` to remove it after one test.
 */
export async function createWire(target: string, whenOver: (end: () => Promise<void>) => void = afterAll) {
  const { hostname, port: targetPort } = new URL(`tcp://${target}`);
  const sockets = new Set<Socket>();
  const server = createServer((inbound) => {
    const outbound = connect(Number(targetPort), hostname);
    for (const [socket, other] of [
      [inbound, outbound],
      [outbound, inbound],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const cut = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  whenOver(async () => {
    if (server.listening) await cut();
  });
  return { address: `127.0.0.1:${port}`, cut, mend: () => listen(port) };
}
