import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Delivery {
  headers: IncomingHttpHeaders;
  body: Buffer;
  json: { id: string; type: string; data: Record<string, unknown> };
}

export interface Receiver {
  url: string;
  deliveries: Delivery[];
  types: () => string[];
}

/** Receives webhooks in order, until the test ends. */
export async function receiver(status = 200): Promise<Receiver> {
  const deliveries: Delivery[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const json = JSON.parse(body.toString()) as Delivery['json'];
      deliveries.push({ headers: request.headers, body, json });
      response.writeHead(status).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return { url, deliveries, types: () => deliveries.map(({ json }) => json.type) };
}
