import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, inject } from 'vitest';
import type { TestStore } from './database.ts';

export interface Role {
  name: string;
  /** The database of the test as this role. */
  url: string;
}

/** A role without rights, for one database. It is dropped after the file, with all that it owns there. */
export async function createRole(store: TestStore, options = ''): Promise<Role> {
  const name = `role_${randomBytes(6).toString('hex')}`;
  await store.pool.query(`create role ${name} login password 'secret' ${options}`);
  const url = new URL(store.url);
  url.username = name;
  url.password = 'secret';
  afterAll(async () => {
    const admin = new pg.Client(inject('databaseUrl'));
    await admin.connect();
    await admin.query(`drop role ${name}`);
    await admin.end();
  });
  return { name, url: url.href };
}
