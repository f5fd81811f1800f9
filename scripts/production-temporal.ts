/**
 * Runs Temporal as it runs in production, beside a Postgres of its own, until Ctrl-C: for benchmarks, and to try a setting out
 * that the development server does not have.
 *
 *   npx node scripts/production-temporal.ts
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { once } from 'node:events';
import { startPostgres } from '../src/dev/postgres/server.ts';
import { Children } from '../src/dev/processes/children.ts';
import { freePort } from '../src/dev/processes/ports.ts';
import { startProductionTemporal } from './production/server.ts';

const folder = await mkdtemp(path.join(tmpdir(), 'kombo-sync-production-'));
const children = new Children(folder);
const postgres = await startPostgres({ dataDir: folder, port: await freePort(), children });
try {
  const temporal = await startProductionTemporal({ folder, postgresUrl: postgres.url, children });
  process.stdout.write(`TEMPORAL_ADDRESS=${temporal.address}\n`);
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  await temporal.stop();
} finally {
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
}
