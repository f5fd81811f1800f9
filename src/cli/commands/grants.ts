import { applyGrants, planGrants, type Granted } from '../../operations/grants.ts';
import type { Tenant } from '../../store/access/policies.ts';
import type { Context } from '../support/context.ts';
import { wrongUse } from '../support/errors.ts';
import { plural } from '../support/format.ts';

interface Options {
  role: string;
  models?: string[];
  withoutRaw?: boolean;
  integration?: string;
  origin?: string;
  apply?: boolean;
}

export async function handle(context: Context, options: Options): Promise<void> {
  const { role, models, withoutRaw = false, apply = false } = options;
  const wish = { role, models, withoutRaw, tenant: tenantOf(options) };
  const deps = { store: context.store(), actor: context.actor() };
  const granted = await (apply ? applyGrants(deps, wish) : planGrants(deps, wish));
  context.print(granted, () => text(granted));
}

function tenantOf({ integration, origin }: Options): Tenant | undefined {
  if (integration !== undefined && origin !== undefined) {
    throw wrongUse('Name --integration or --origin, not both.');
  }
  if (integration !== undefined) return { integrationId: integration };
  return origin === undefined ? undefined : { originId: origin };
}

/** A script that you can pipe into psql. */
function text({ tables, withoutRaw, statements, notes, applied }: Granted): string {
  const extent = withoutRaw ? 'without raw' : 'each with its live view';
  const what = `Reading ${plural(tables.length, 'table')}, ${extent}`;
  const state =
    statements.length === 0
      ? 'this is granted already'
      : applied
        ? `${plural(statements.length, 'statement')} run`
        : 'run these statements, or add --apply';
  const script =
    applied || statements.length === 0
      ? statements
      : ['begin;', "set local lock_timeout = '5s';", ...statements, 'commit;'];
  // A name may contain a line break, and the text after it would not be a comment.
  const comments = notes.map((note) => `-- ${note.replaceAll(/\s/g, ' ')}`);
  return [`-- ${what}: ${state}.`, ...script, ...comments].join('\n');
}
