import type { Store } from '../database.ts';
import { transaction } from '../database.ts';
import { AS_IS } from '../connection.ts';
import { DatabaseProblem } from '../upkeep/problem.ts';
import type { Step } from './plan.ts';

const LOCK_TIMEOUT_MS = 5_000;
/** SQLSTATE of a lock that was not free in time. */
const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Runs the statements of a plan in one transaction, and checks that they have taken effect.
 *
 * @param plan makes the plan from the present state of the database.
 * @returns the statements.
 * @throws DatabaseProblem if a statement cannot be run or has no effect. Nothing is changed then.
 */
export async function applySteps(
  store: Store,
  plan: (client: Parameters<Parameters<typeof transaction>[1]>[0]) => Promise<readonly Step[]>,
): Promise<string[]> {
  try {
    return await transaction(store.pool, async (client) => {
      await client.query(`set local lock_timeout = ${LOCK_TIMEOUT_MS}`);
      const steps = await plan(client);
      refuseForeign(steps);
      for (const { sql } of steps) await client.query({ text: sql, ...AS_IS });
      const [left] = steps.length > 0 ? await plan(client) : [];
      if (left) throw undone(left);
      return steps.map(({ sql }) => sql);
    });
  } catch (error) {
    if ((error as { code?: unknown } | null)?.code === LOCK_NOT_AVAILABLE) throw inUse(error);
    throw error;
  }
}

function refuseForeign(steps: readonly Step[]): void {
  const foreign = steps.find(({ owner }) => owner !== undefined);
  if (!foreign) return;
  throw new DatabaseProblem(
    `This takes the rights of the role ${foreign.owner}, for example: ${brief(foreign.sql)} Nothing was changed.`,
    `Run the command with DATABASE_URL of ${foreign.owner}, as setup, or without --apply and the statements as that role.`,
  );
}

/** For example, this role cannot take back a grant that another role has made. */
function undone(step: Step): DatabaseProblem {
  return new DatabaseProblem(
    `Postgres has not done all of it; this is still missing: ${brief(step.sql)} Nothing was changed.`,
    'Another role may have made a grant that only it can take back, or a superuser. Run the statements as a superuser.',
  );
}

function inUse(cause: unknown): DatabaseProblem {
  return new DatabaseProblem(
    `A table was in use for longer than ${LOCK_TIMEOUT_MS / 1_000} s. Nothing was changed.`,
    'Try again when fewer long queries run.',
    { cause },
  );
}

const BRIEF_LENGTH = 200;
const brief = (sql: string) => (sql.length > BRIEF_LENGTH ? `${sql.slice(0, BRIEF_LENGTH)} … ;` : sql);
