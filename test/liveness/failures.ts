import pg from 'pg';
import type { FaultSpec } from '../../sandbox/index.ts';
import { getEndpoint } from '../../src/domain/catalogue/index.ts';
import type { Failure, Trouble } from './plan.ts';
import { LOOKER, type World } from './world.ts';

type End = () => Promise<void>;

/** Begins a failure. @returns a function that ends it, which must be called even if the failure is over at once. */
export async function begin(
  world: World,
  ids: readonly string[],
  clocks: readonly number[],
  failure: Failure,
): Promise<End> {
  switch (failure.of) {
    case 'list': {
      const { endpoint, reads, integration } = failure;
      return fail(world, failure.trouble, {
        integration: ids[integration],
        ...(endpoint === 'all' ? {} : { endpoint }),
        ...(reads === 'all' ? {} : { reads }),
      });
    }
    case 'look-up':
      return fail(world, failure.trouble, { endpoint: lookUpPath(ids[failure.integration]!) });
    case 'data-table':
      return lock(world, `kombo.${getEndpoint(failure.endpoint).table}`, failure.mode);
    case 'service-table':
      return lock(world, `kombo_sync.${failure.table}`, 'access exclusive');
    case 'sessions':
      await terminateSessions(world);
      return () => Promise.resolve();
    case 'worker':
      return stopWorker(world, failure, clocks);
  }
}

/** The path that the sandbox sees. */
export const lookUpPath = (id: string) => `/integrations/${encodeURIComponent(id)}`;

function fail(
  { control }: World,
  trouble: Trouble,
  where: { integration?: string | undefined; endpoint?: string; reads?: 'full' | 'ids' },
): End {
  const fault = control.addFault({ ...where, ...faultOf(trouble), count: 'always' });
  return () => Promise.resolve(control.removeFault(fault));
}

function faultOf(trouble: Trouble): FaultSpec {
  switch (trouble.kind) {
    case 'status':
      return trouble.status === 503 ? { kind: 'unavailable' } : { kind: 'status', status: trouble.status };
    case 'hang':
      return { kind: 'stall' };
    case 'limit':
      return { kind: 'rate-limit', retryAfter: trouble.seconds, reset: trouble.seconds };
    case 'code':
      return { kind: 'error', code: trouble.code };
  }
}

async function lock({ databaseUrl }: World, table: string, mode: string): Promise<End> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: LOOKER });
  await client.connect();
  await client.query('begin');
  await client.query(`lock table ${table} in ${mode} mode`);
  return () => client.end();
}

async function terminateSessions({ looker }: World): Promise<void> {
  await looker.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and application_name <> $1`,
    [LOOKER],
  );
}

/** Like a supervisor, starts another worker in place of a killed one. */
async function stopWorker(
  { workers }: World,
  { worker, how }: Extract<Failure, { of: 'worker' }>,
  clocks: readonly number[],
): Promise<End> {
  const replace = async () => {
    await workers.kill(worker);
    void workers.start(worker, clocks[worker] ?? 0).catch(() => {});
  };
  if (how === 'kill') {
    await replace();
    return () => Promise.resolve();
  }
  workers.signal(worker, 'SIGSTOP');
  if (how === 'freeze, then kill') return replace;
  return () => Promise.resolve(void workers.signal(worker, 'SIGCONT'));
}
