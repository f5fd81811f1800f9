import { createServer, type AddressInfo, type Socket } from 'node:net';
import pg from 'pg';
import { afterAll } from 'vitest';

/*
 * A small pooler for machines without PgBouncer, with the same rules where they matter: it refuses unknown startup
 * parameters, gives clients its own keys for cancellation, and in transaction mode lends a server connection for one
 * transaction only. It takes the next server connection each time; PgBouncer would often take the same one again.
 */

const KNOWN = [
  'user',
  'database',
  'client_encoding',
  'datestyle',
  'timezone',
  'standard_conforming_strings',
  'application_name',
];
const SSL_REQUEST = 80877103;

export interface Pooler {
  /** The URL of a database through the pooler. */
  url(databaseUrl: string): string;
}

export type PoolMode = 'session' | 'transaction';

interface Server {
  socket: Socket;
  client: Client | undefined;
}

interface Client {
  socket: Socket;
  server: Server | undefined;
  /** Messages that wait for a server connection. */
  waiting: Buffer[];
  /** The number of ReadyForQuery messages that have not come yet. */
  pending: number;
}

/** In session mode, each client needs its own server connection. */
export const serversOf = (mode: PoolMode) => (mode === 'session' ? 20 : 4);

export async function startProxyPooler(databaseUrl: string, mode: PoolMode): Promise<Pooler> {
  const pools = new Map<string, Server[]>();
  const opening = new Map<string, Promise<void>>();
  const sockets = new Set<Socket>();
  let turn = 0;

  const connectServer = async (database: string): Promise<Server> => {
    const url = new URL(databaseUrl);
    url.pathname = `/${database}`;
    const client = new pg.Client(url.href);
    client.on('error', () => {});
    await client.connect();
    const { stream } = (client as unknown as { connection: { stream: Socket } }).connection;
    stream.removeAllListeners('data');
    sockets.add(stream);
    const server: Server = { socket: stream, client: undefined };
    splitMessages(stream, (message) => {
      const { client: to } = server;
      to?.socket.write(message);
      if (to && message[0] === CODE.readyForQuery) {
        to.pending -= 1;
        const isIdle = message[5] === 'I'.charCodeAt(0);
        if (mode === 'transaction' && isIdle && to.pending === 0) free(server, database);
      }
    });
    return server;
  };

  const free = (server: Server, database: string) => {
    if (server.client) server.client.server = undefined;
    server.client = undefined;
    const next = [...waiters].find((client) => client.database === database);
    if (next) lend(server, next);
  };
  const replace = async (database: string) => {
    const fresh = await connectServer(database);
    pools.get(database)!.push(fresh);
    free(fresh, database);
  };
  const waiters = new Set<Client & { database: string }>();
  const lend = (server: Server, client: Client & { database: string }) => {
    waiters.delete(client);
    server.client = client;
    client.server = server;
    for (const message of client.waiting.splice(0)) server.socket.write(message);
  };

  const onMessage = (client: Client & { database: string }, message: Buffer) => {
    if (message[0] === CODE.terminate) return;
    if (message[0] === CODE.query || message[0] === CODE.sync) client.pending += 1;
    if (client.server) {
      client.server.socket.write(message);
      return;
    }
    client.waiting.push(message);
    if (waiters.has(client)) return;
    waiters.add(client);
    const pool = pools.get(client.database)!;
    turn += 1;
    const idle = pool
      .map((_server, index) => pool[(index + turn) % pool.length]!)
      .find((server) => server.client === undefined);
    if (idle) lend(idle, client);
  };

  const openPool = async (database: string): Promise<void> => {
    if (!opening.has(database)) {
      const servers = Array.from({ length: serversOf(mode) }, () => connectServer(database));
      opening.set(
        database,
        Promise.all(servers).then((made) => void pools.set(database, made)),
      );
    }
    await opening.get(database);
  };

  const listener = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    let client: (Client & { database: string }) | undefined;
    socket.on('close', () => {
      if (!client) return;
      waiters.delete(client);
      const { server, database } = client;
      if (!server) return;
      // It may be inside a transaction, so no other client may get it.
      server.socket.destroy();
      if (mode === 'session') return;
      pools.set(
        database,
        pools.get(database)!.filter((one) => one !== server),
      );
      void replace(database);
    });
    onStartup(socket, async (parameters) => {
      const unknown = Object.keys(parameters).find((name) => !KNOWN.includes(name.toLowerCase()));
      if (unknown) {
        socket.end(errorMessage(`unsupported startup parameter: ${unknown}`));
        return;
      }
      const database = parameters['database']!;
      const made = { socket, server: undefined, waiting: [], pending: 0, database };
      client = made;
      if (mode === 'session') lend(await connectServer(database), made);
      else await openPool(database);
      splitMessages(socket, (message) => onMessage(made, message));
      socket.write(GREETING());
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  afterAll(() => {
    listener.close();
    for (const socket of sockets) socket.destroy();
  });
  const { port } = listener.address() as AddressInfo;
  return {
    url: (through) => {
      const url = new URL(through);
      url.host = `127.0.0.1:${port}`;
      return url.href;
    },
  };
}

const CODE = {
  query: 'Q'.charCodeAt(0),
  sync: 'S'.charCodeAt(0),
  terminate: 'X'.charCodeAt(0),
  readyForQuery: 'Z'.charCodeAt(0),
};

function framed(code: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(code);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

function errorMessage(text: string): Buffer {
  return framed('E', Buffer.from(`SFATAL\0VFATAL\0C08P01\0M${text}\0\0`));
}

const GREETING = () => {
  const key = Buffer.alloc(8);
  key.writeInt32BE(Math.floor(Math.random() * 2 ** 31), 0);
  return Buffer.concat([
    framed('R', Buffer.alloc(4)),
    framed('S', Buffer.from('client_encoding\0UTF8\0')),
    framed('K', key),
    framed('Z', Buffer.from('I')),
  ]);
};

/** Refuses TLS, and then reads the packet that starts a connection. */
function onStartup(socket: Socket, start: (parameters: Record<string, string>) => Promise<void>): void {
  let buffered: Buffer = Buffer.alloc(0);
  const onData = (chunk: Buffer) => {
    buffered = Buffer.concat([buffered, chunk]);
    if (buffered.length < 8 || buffered.length < buffered.readInt32BE(0)) return;
    const length = buffered.readInt32BE(0);
    const packet = buffered.subarray(8, length);
    const code = buffered.readInt32BE(4);
    buffered = buffered.subarray(length);
    if (code === SSL_REQUEST) {
      socket.write('N');
      return;
    }
    socket.off('data', onData);
    const words = packet.toString().split('\0');
    const parameters: Record<string, string> = {};
    for (let index = 0; words[index]; index += 2) parameters[words[index]!] = words[index + 1]!;
    start(parameters).catch((error: unknown) => socket.destroy(error as Error));
  };
  socket.on('data', onData);
}

function splitMessages(socket: Socket, handle: (message: Buffer) => void): void {
  let buffered: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    buffered = buffered.length === 0 ? chunk : Buffer.concat([buffered, chunk]);
    while (buffered.length >= 5 && buffered.length >= buffered.readInt32BE(1) + 1) {
      const length = buffered.readInt32BE(1) + 1;
      handle(Buffer.from(buffered.subarray(0, length)));
      buffered = buffered.subarray(length);
    }
  });
}
