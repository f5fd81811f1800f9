import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Children } from '../../src/dev/processes/children.ts';
import { freePort } from '../../src/dev/processes/ports.ts';
import { startPostgres } from '../../src/dev/postgres/server.ts';

/** The database of DATABASE_URL, or an embedded Postgres in a temporary folder that is removed afterwards. */
export async function benchDatabase(): Promise<{ url: string; stop(): Promise<void> }> {
  const url = process.env['DATABASE_URL'];
  if (url) return { url, stop: () => Promise.resolve() };
  const dataDir = await mkdtemp(path.join(tmpdir(), 'kombo-sync-bench-'));
  // If this runs as root, Postgres runs as another user, who must be able to enter.
  await chmod(dataDir, 0o755);
  const postgres = await startPostgres({ dataDir, port: await freePort(), children: new Children(dataDir) });
  return {
    url: postgres.url,
    stop: async () => {
      await postgres.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
