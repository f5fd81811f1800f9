import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { keepLoopbackDirect } from '../../src/settings/proxy.ts';
import { startServers } from './servers.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** URL of the shared Postgres as an administrator. Tests make their own databases there. */
    databaseUrl: string;
    /** Name of the migrated database. Each test file gets a copy. */
    templateDatabase: string;
    /** host:port of the shared Temporal server. */
    temporalAddress: string;
    /** The `temporal` command. */
    temporalCli: string;
    /** The working folder and home of commands that must find no file with settings. */
    emptyFolder: string;
  }
}

/** One Postgres and one Temporal server for the whole run. Each file has its own database and task queue. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  keepLoopbackDirect();
  const servers = await startServers();
  // Hundreds of processes load the same sources, so they share a cache of compiled code.
  process.env['NODE_COMPILE_CACHE'] = path.join(servers.emptyFolder, '..', 'compiled');
  project.provide('databaseUrl', servers.databaseUrl);
  project.provide('templateDatabase', servers.templateDatabase);
  project.provide('temporalAddress', servers.temporalAddress);
  project.provide('temporalCli', servers.temporalCli);
  project.provide('emptyFolder', servers.emptyFolder);
  return servers.stop;
}
