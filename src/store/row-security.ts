import pg from 'pg';

/*
 * Records whose rows a policy hides would seem to be gone, so the service asks Postgres for an error instead
 * (`row_security = off`). Postgres then refuses every table with policies to a role that does not own it, even if they
 * hide nothing from this role, like the policies that limit a tenant. After such a refusal, the service checks the
 * policies: if they hide nothing of our tables, it lets Postgres apply them. It checks again with each new connection
 * and every 30 seconds.
 */

const LOOK_AGAIN_MS = 30_000;

/** What all connections of a pool know about the policies. */
export class RowSecurity {
  setting: 'off' | 'on' = 'off';
  #lookedAt: number | undefined;
  #wasRefused = false;

  /** Whether to check the policies before the next statement. */
  get isInDoubt(): boolean {
    if (this.setting === 'off') return this.#wasRefused;
    return this.#wasRefused || performance.now() - this.#lookedAt! > LOOK_AGAIN_MS;
  }

  /** Notes the error of a statement. */
  note(error: unknown): void {
    if (isGuarded(error)) this.#wasRefused = true;
  }

  /** Checks the policies. @param translate puts the names of the schemas into a statement. */
  async look(query: Query, translate: (statement: string) => string): Promise<void> {
    this.#wasRefused = false;
    this.#lookedAt = performance.now();
    const { rows } = await query({ text: translate(LOOK) });
    this.setting = (rows as { hides: boolean }[])[0]!.hides ? 'off' : 'on';
  }
}

type Query = (statement: pg.QueryConfig) => Promise<pg.QueryResult>;

/** Whether Postgres has refused a statement because its table has policies, regardless of what they say. */
export function isGuarded(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.routine === 'check_enable_rls';
}

/** SQL that says whether policies may hide rows of a table from the present role. @param table SQL of its oid. */
export const mayHideRows = (table: string) => `(row_security_active(${table}) and (
  not exists (
    select from pg_policy p where p.polrelid = ${table} and p.polpermissive and p.polcmd = '*' and p.polroles = '{0}'
      and pg_get_expr(p.polqual, p.polrelid) = 'true'
      and coalesce(pg_get_expr(p.polwithcheck, p.polrelid), 'true') = 'true')
  or exists (
    select from pg_policy p, unnest(p.polroles) as limited(role)
    where p.polrelid = ${table} and not p.polpermissive and (role = 0 or pg_has_role(role, 'usage')))))`;

/**
 * Checks the service's tables, and the tables beside `kombo.integrations` that have the columns of a data table. If
 * these schemas cannot be found, policies count as hiding rows.
 */
const LOOK = `
  select to_regclass('kombo_sync.integrations') is null or to_regclass('kombo.integrations') is null or exists (
    select from pg_class c
    where c.relkind in ('r', 'p') and c.relrowsecurity and ${mayHideRows('c.oid')} and (
      c.relnamespace = (select relnamespace from pg_class where oid = to_regclass('kombo_sync.integrations'))
      or c.relnamespace = (select relnamespace from pg_class where oid = to_regclass('kombo.integrations'))
        and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'arrived_seq'))) as hides`;
