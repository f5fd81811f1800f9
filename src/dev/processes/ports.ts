import { createServer } from 'node:net';

export const LOOPBACK = '127.0.0.1';

/** Whether this process can listen on the port now. */
export async function isFree(port: number, host = LOOPBACK): Promise<boolean> {
  const server = createServer();
  const { promise, resolve } = Promise.withResolvers<boolean>();
  server.once('error', () => resolve(false));
  server.listen({ port, host }, () => resolve(true));
  const free = await promise;
  if (free) await new Promise((closed) => server.close(closed));
  return free;
}

/** A free port. */
export async function freePort(host = LOOPBACK): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, resolve);
  });
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  if (typeof address !== 'object' || address === null) throw new Error('The listener has no port.');
  return address.port;
}

const ATTEMPTS = 50;

interface PortWish {
  /** What uses the port, for example `the status page`. */
  purpose: string;
  preferred: number;
  host?: string;
  /** Ports that are already chosen. */
  except?: readonly number[];
  /** Called if another port is chosen. */
  note: (line: string) => void;
}

/** The preferred port, or the next free one after it. */
export async function choosePort(wish: PortWish): Promise<number> {
  const { preferred, host, except = [] } = wish;
  const last = Math.min(preferred + ATTEMPTS, 65_535);
  for (let port = preferred; port <= last; port++) {
    if (except.includes(port) || !(await isFree(port, host))) continue;
    if (port !== preferred) wish.note(`Port ${preferred} is busy; ${wish.purpose} uses ${port}.`);
    return port;
  }
  const port = await freePort(host);
  wish.note(`Ports ${preferred} to ${last} are busy; ${wish.purpose} uses ${port}.`);
  return port;
}
