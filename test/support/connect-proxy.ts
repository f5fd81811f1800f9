import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** The real address for each address of a test, whose name no DNS knows. */
export type Routes = Readonly<Record<string, string>>;

/** A real HTTP proxy that tunnels to the addresses in `routes`, and records the addresses that it was asked for. */
export async function connectProxy(routes: Routes): Promise<{ address: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((_request, response) => response.writeHead(405).end());
  server.on('connect', (request, inbound) => {
    const wanted = request.url ?? '';
    asked.push(wanted);
    const [host, port] = (routes[wanted] ?? '').split(':');
    inbound.on('error', () => {});
    if (!host) return inbound.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
    const outbound = connect(Number(port), host, () => {
      inbound.write('HTTP/1.1 200 Connection established\r\n\r\n');
      outbound.pipe(inbound).pipe(outbound);
    });
    outbound.on('error', () => inbound.destroy());
    inbound.on('close', () => outbound.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}
