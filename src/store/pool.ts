import { setTimeout as delay } from 'node:timers/promises';
import { callbackify } from 'node:util';
import pg from 'pg';
import type { DatabaseAddress } from '../settings/database-url.ts';
import { prepareConnection, STATEMENT_TIMEOUT_MS, type Pooler } from './connection.ts';
import { RowSecurity } from './row-security.ts';

const INT8_OID = 20;
const CONNECT_MS = 5_000;
/** How long to try for a connection while the server refuses it because there are too many. */
const FULL_MS = 3_000;
/** After this time, the pool tries again to open more connections. */
const FEW_MS = 60_000;

interface PoolOptions {
  address: DatabaseAddress;
  /** The most connections. */
  max: number;
  applicationName: string;
  /** Puts the names of the schemas into a statement. */
  translate: (statement: string) => string;
}

/** Connections to Postgres with our settings, regardless of the role's defaults, and also behind a pooler. */
export class Pool extends pg.Pool {
  readonly pooler: Pooler;
  readonly #max: number;
  #plainToo: boolean;

  constructor({ address, max, applicationName, translate }: PoolOptions) {
    const pooler: Pooler = { isThere: false };
    const policies = new RowSecurity();
    const settings = {
      connectionString: address.connectionString,
      ssl: address.ssl,
      max,
      application_name: applicationName,
      connectionTimeoutMillis: CONNECT_MS,
      idleTimeoutMillis: 30_000,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      // If the server has vanished, its own timeout never arrives.
      query_timeout: STATEMENT_TIMEOUT_MS + 5_000,
      types: { getTypeParser },
      // The pool waits for this promise.
      onConnect: (client: pg.ClientBase) => prepareConnection(client, { pooler, policies }, translate),
    };
    super(settings);
    this.pooler = pooler;
    this.#max = max;
    this.#plainToo = address.plainToo;
    // The pool reports here that the server closed an idle connection. Without a listener, the process would end.
    this.on('error', () => {});
    // The pool does not listen to a connection in use. The statement on it fails and reports the error.
    this.on('connect', (client) => client.on('error', () => {}));
  }

  override connect(): Promise<pg.PoolClient>;
  override connect(callback: ConnectCallback): void;
  override connect(callback?: ConnectCallback): Promise<pg.PoolClient> | void {
    const connected = this.#connect();
    if (!callback) return connected;
    callbackify(() => connected)((error, client) =>
      callback(error ?? undefined, client, (broken) => client?.release(broken)),
    );
  }

  async #connect(): Promise<pg.PoolClient> {
    const until = performance.now() + FULL_MS;
    for (;;) {
      try {
        return await super.connect();
      } catch (error) {
        const { code, message } = error as Error & { code?: string };
        if (this.#plainToo && message === NO_TLS) this.options.ssl = this.#plainToo = false;
        else if (code === TOO_MANY_CONNECTIONS && performance.now() < until) await this.#waitForOthers();
        else throw error;
      }
    }
  }

  /** The role may open no more connections, so statements wait for one of these, or for other processes. */
  async #waitForOthers(): Promise<void> {
    if (this.totalCount === 0) {
      await delay(100);
      return;
    }
    this.options.max = this.totalCount;
    setTimeout(() => (this.options.max = this.#max), FEW_MS).unref();
  }
}

type ConnectCallback = (
  error: Error | undefined,
  client: pg.PoolClient | undefined,
  done: (release?: Error | boolean) => void,
) => void;

const TOO_MANY_CONNECTIONS = '53300';
const NO_TLS = 'The server does not support SSL connections';

/** Large integers are numbers if they are safe, else text. */
function getTypeParser(oid: number, format?: 'text' | 'binary'): (text: string) => unknown {
  const parse: (id: number, form?: 'text' | 'binary') => (text: string) => unknown = pg.types.getTypeParser;
  if (oid !== INT8_OID) return parse(oid, format);
  return (text) => (Number.isSafeInteger(Number(text)) ? Number(text) : text);
}
