import pg from 'pg';
import { applyGrants, planGrants, type Granted, type GrantWish } from '../../../src/operations/grants.ts';
import type { Store } from '../../../src/store/database.ts';
import { saveIntegration } from '../../../src/store/state/integrations.ts';
import type { Role } from '../../support/roles.ts';
import { underWay, write } from '../support.ts';

const actor = { name: 'test', source: 'cli', address: null } as const;

type Options = Partial<GrantWish>;

export const grant = (store: Store, role: Role, options: Options = {}): Promise<Granted> =>
  applyGrants({ store, actor }, { role: role.name, withoutRaw: false, ...options });

export const plan = (store: Store, role: Role, options: Options = {}): Promise<Granted> =>
  planGrants({ store }, { role: role.name, withoutRaw: false, ...options });

export const refusal = (granting: Promise<unknown>): Promise<string> =>
  granting.then(
    () => 'granted',
    (error: Error) => error.message,
  );

/** Integrations of two customers. The first one has two. */
export const ACME = ['bombohr:1', 'bombohr:2'] as const;
export const OTHER = 'bombohr:3';

export async function fill(store: Store): Promise<void> {
  const integrations = [
    [ACME[0], 'acme'],
    [ACME[1], 'acme'],
    [OTHER, 'other'],
  ] as const;
  for (const [id, originId] of integrations) {
    await saveIntegration(store, { id, tool: 'bombohr', category: 'ATS', originId });
    await write(store, id, '/ats/tags', [{ id: `of ${id}`, name: 'x' }], underWay('10:00:00'));
    await write(store, id, '/ats/jobs', [{ id: `job of ${id}` }], underWay('10:00:00'));
  }
}

/** The first column of what a reader sees with another program, or why it may not read it. */
export async function sees(role: Role, statement: string): Promise<unknown> {
  const client = new pg.Client(role.url);
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, unknown>>(statement);
    return rows.map((row) => Object.values(row)[0]);
  } catch (error) {
    return (error as Error).message;
  } finally {
    await client.end();
  }
}
