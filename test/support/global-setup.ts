import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { keepLoopbackDirect } from '../../src/settings/proxy.ts';
import { startServers } from './servers.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Administrator's address of the shared Postgres; tests make databases of their own in it. */
    databaseUrl: string;
    /** Name of the migrated database that each test file gets a copy of. */
    templateDatabase: string;
    /** host:port of the shared Temporal server. */
    temporalAddress: string;
    /** The `temporal` command. */
    temporalCli: string;
    /** Where commands run that are to find no file of settings, and their home. */
    emptyFolder: string;
  }
}

/** One Postgres and one Temporal server for the whole run; each file has its own database and task queue. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  keepLoopbackDirect();
  const servers = await startServers();
  // Hundreds of processes load the same sources: what one of them has compiled, the next ones take.
  process.env['NODE_COMPILE_CACHE'] = path.join(servers.emptyFolder, '..', 'compiled');
  project.provide('databaseUrl', servers.databaseUrl);
  project.provide('templateDatabase', servers.templateDatabase);
  project.provide('temporalAddress', servers.temporalAddress);
  project.provide('temporalCli', servers.temporalCli);
  project.provide('emptyFolder', servers.emptyFolder);
  return servers.stop;
}
