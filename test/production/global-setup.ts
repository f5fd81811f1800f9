import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { startProductionTemporal } from '../../scripts/production/server.ts';
import { startPostgres } from '../../src/dev/postgres/server.ts';
import { Children } from '../../src/dev/processes/children.ts';
import { freePort } from '../../src/dev/processes/ports.ts';
import { findTemporal } from '../../src/dev/temporal/find.ts';

/** A Postgres for both, and Temporal's own server on it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'kombo-sync-production-'));
  const emptyFolder = path.join(folder, 'empty');
  await mkdir(emptyFolder);
  const children = new Children(folder);
  const note = (line: string) => void process.stderr.write(`${line}\n`);
  const settings = ['fsync=off', 'synchronous_commit=off', 'max_connections=200'];
  const postgres = await startPostgres({ dataDir: folder, port: await freePort(), children, settings });
  const stopPostgres = async () => {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const temporal = await startProductionTemporal({ folder, postgresUrl: postgres.url, children });
    project.provide('databaseUrl', postgres.url);
    project.provide('templateDatabase', 'template_production');
    project.provide('temporalAddress', temporal.address);
    project.provide('temporalCli', await findTemporal({ env: process.env, note, children }));
    project.provide('emptyFolder', emptyFolder);
    return async () => {
      await temporal.stop();
      await stopPostgres();
    };
  } catch (error) {
    await stopPostgres();
    throw error;
  }
}
