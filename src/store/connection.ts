import { setTimeout as delay } from 'node:timers/promises';
import { callbackify } from 'node:util';
import pg from 'pg';
import { sendLargeValues } from './large-values.ts';
import { isGuarded, type RowSecurity } from './row-security.ts';

/** A statement for a page takes milliseconds. Slow ones set their own timeout. */
export const STATEMENT_TIMEOUT_MS = 30_000;

/**
 * Settings that every statement depends on, regardless of the defaults of the role and the database. A process that
 * freezes in a transaction, or loses its network, loses its locks after these times (invariant I26), and nothing waits
 * longer for a lock. Dates are parsed as ISO. A policy that would hide rows causes an error instead (row-security.ts).
 * What a consumer of the feed has read must survive a crash, so `off` is replaced; an installation that also waits for
 * replicas keeps its own value.
 */
const SETTINGS = {
  statement_timeout: `${STATEMENT_TIMEOUT_MS}ms`,
  lock_timeout: '5s',
  idle_in_transaction_session_timeout: '20s',
  DateStyle: 'ISO, MDY',
  row_security: 'off',
  default_transaction_isolation: 'read committed',
  transaction_timeout: '0',
  synchronous_commit: 'on',
} as const;

type Settings = Record<string, string>;

interface Session {
  settings: Settings;
  ask: Ask;
  pooler: Pooler;
  policies: RowSecurity;
  translate: (statement: string) => string;
}

/** Whether a pooler stands between a pool and its server. It may lend a connection for one transaction only. */
export interface Pooler {
  isThere: boolean;
}

type Statement = pg.QueryConfig & { query_timeout?: number; asIs?: boolean };

/** For a statement that contains the names of the schemas already, and perhaps values that look like them. */
export const AS_IS = { asIs: true } as object;

type Ask = (statement: Statement) => Promise<pg.QueryResult>;

const sessions = new WeakMap<pg.ClientBase, Session>();

/**
 * Prepares a new connection before it is used. A direct connection gets its settings once. Behind a pooler, settings
 * would stay on a connection that other programs use too, and the next statement may run on another one. So there each
 * transaction begins with the settings, a single statement gets a transaction, and none is prepared by name. The
 * process id that the server reports distinguishes the two: a pooler gives its clients ids of its own.
 */
export async function prepareConnection(
  client: pg.ClientBase,
  { pooler, policies }: { pooler: Pooler; policies: RowSecurity },
  translate: (statement: string) => string,
): Promise<void> {
  sendLargeValues(client);
  const plain = client.query.bind(client) as unknown as Ask;
  const { processID: pid } = client as unknown as { processID: number | null };
  if (policies.setting === 'on') await policies.look(plain, translate);
  const settings = { ...SETTINGS, row_security: policies.setting };
  const { rowCount } = await plain({
    text: `${assignment(settings, 'session')} and pg_backend_pid() = ${pid ?? 0}`,
  });
  if (rowCount === 0) pooler.isThere = true;
  const ask = async (statement: Statement) => {
    try {
      return await plain({
        ...statement,
        text: statement.asIs ? statement.text : translate(statement.text),
      });
    } catch (error) {
      policies.note(error);
      const { code } = error as { code?: string };
      if (NOT_PREPARED_HERE.includes(code ?? '')) pooler.isThere = true;
      // The answer may still arrive, and no other statement may take it for its own.
      if (!(error instanceof pg.DatabaseError)) void (client as pg.Client).end();
      throw error;
    }
  };
  const session: Session = { pooler, policies, settings, ask, translate };
  sessions.set(client, session);
  client.query = ((first: string | Statement, ...rest: unknown[]) => {
    // A stream handles everything itself.
    if (typeof first === 'object' && 'submit' in first) return plain(first);
    const callback = rest.find((one) => typeof one === 'function') as Callback | undefined;
    const given = typeof first === 'string' ? { text: first } : first;
    const statement = Array.isArray(rest[0]) ? { ...given, values: rest[0] as unknown[] } : given;
    const result = run(client, session, statement);
    if (!callback) return result;
    callbackify(() => result)(callback);
    return undefined;
  }) as typeof client.query;
}

/** SQLSTATEs for a named prepared statement that meets a different server connection. */
const NOT_PREPARED_HERE = ['26000', '42P05'];

type Callback = (error: Error | null, result?: pg.QueryResult) => void;

/** Changes settings of a connection until it is closed. It must not go back to its pool. */
export async function configure(client: pg.ClientBase, settings: Settings): Promise<void> {
  const session = sessions.get(client)!;
  Object.assign(session.settings, settings);
  if (!session.pooler.isThere) await session.ask({ text: assignment(settings, 'session') });
}

/** Does not match if another statement follows. */
const BEGIN = /^\s*(begin|start transaction)\b[^;]*;?\s*$/i;
const ISOLATED = /\bisolation\b/i;

async function run(client: pg.ClientBase, session: Session, statement: Statement): Promise<pg.QueryResult> {
  const { ask, pooler } = session;
  const isInside =
    (client as unknown as { getTransactionStatus(): string | null }).getTransactionStatus() !== 'I';
  if (isInside) return ask(pooler.isThere ? unnamed(statement) : statement);
  const once = async () => {
    if (isBehindPolicies(session)) await followPolicies(session);
    if (BEGIN.test(statement.text)) return pooler.isThere ? begin(session, statement.text) : ask(statement);
    return pooler.isThere ? alone(session, statement) : ask(statement);
  };
  return again(once);
}

/** Call it outside of a transaction. It takes over what other connections have learnt about the policies. */
async function followPolicies(session: Session): Promise<void> {
  const { policies, settings, ask, pooler, translate } = session;
  if (policies.isInDoubt) await policies.look(ask, translate);
  settings['row_security'] = policies.setting;
  if (!pooler.isThere) await ask({ text: assignment({ row_security: policies.setting }, 'session') });
}

const isBehindPolicies = ({ policies, settings }: Session) =>
  policies.isInDoubt || settings['row_security'] !== policies.setting;

async function begin(session: Session, text: string): Promise<pg.QueryResult> {
  const how = ISOLATED.test(text) ? text : `${text} isolation level read committed`;
  const { default_transaction_isolation: _, ...settings } = session.settings;
  const results: unknown = await session.ask({ text: `${how}; ${assignment(settings, 'transaction')}` });
  return (results as pg.QueryResult[])[0]!;
}

async function alone(session: Session, statement: Statement): Promise<pg.QueryResult> {
  await begin(session, 'begin');
  try {
    const result = await session.ask(unnamed(statement));
    await session.ask({ text: 'commit' });
    return result;
  } catch (error) {
    // An error that is not from the server means that the connection is lost.
    if (error instanceof pg.DatabaseError) await session.ask({ text: 'rollback' }).catch(() => {});
    throw error;
  }
}

function unnamed(statement: Statement): Statement {
  const { name: _, ...rest } = statement;
  return rest;
}

/** Leaves out settings that this version of Postgres does not have. */
function assignment(settings: Settings, until: 'session' | 'transaction'): string {
  const values = Object.entries(settings).map(
    ([name, value]) => `(${pg.escapeLiteral(name)}, ${pg.escapeLiteral(value)})`,
  );
  return `select set_config(name, value, ${until === 'transaction'})
    from (values ${values.join(', ')}) as setting(name, value)
    where current_setting(name, true) is not null and (name <> 'synchronous_commit' or current_setting(name) = 'off')`;
}

const TRIES = 4;
/**
 * Postgres gave up this transaction for another:
 * https://www.postgresql.org/docs/current/mvcc-serialization-failure-handling.html
 */
const IN_CONFLICT = ['40001', '40P01'];
const UNDONE: readonly unknown[] = [...IN_CONFLICT, ...NOT_PREPARED_HERE];

/** Repeats the work if Postgres has undone or refused it and another try may succeed. */
export async function again<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      const isUndone = UNDONE.includes((error as { code?: unknown } | null)?.code) || isGuarded(error);
      if (!isUndone || tries === TRIES) throw error;
      await delay(Math.random() * 50 * tries);
    }
  }
}
