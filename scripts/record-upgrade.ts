/**
 * Keeps what a version leaves behind, so that every later version is tried with it: its schema with data, and the histories of
 * its runs. Run it once for each release, with the version of package.json:
 *
 *   npx node scripts/record-upgrade.ts
 */
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { Children } from '../src/dev/processes/children.ts';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startPostgres } from '../src/dev/postgres/server.ts';
import { freePort } from '../src/dev/processes/ports.ts';
import { openStore } from '../src/store/database.ts';
import { startFullSync } from '../src/temporal/start.ts';
import { packageVersion } from '../src/version.ts';
import { startService } from '../test/support/service.ts';
import { readData, recordMigration } from './upgrade/dump.ts';

const folder = new URL(`../test/upgrade/${packageVersion()}/`, import.meta.url);

/** In a database of its own: the one of the service is there already. */
async function recordSchema() {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'kombo-sync-upgrade-'));
  const postgres = await startPostgres({ dataDir, port: await freePort(), children: new Children(dataDir) });
  const store = openStore(postgres.url);
  try {
    return await recordMigration(store);
  } finally {
    await store.close();
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

const service = await startService({ TASK_QUEUE: 'upgraded' });
const { client, config, control, store } = service;
try {
  const id = 'upgraded:one';
  const records = { lms_users: 12, lms_courses: 4, lms_skills: 4 };
  control.addIntegration({ id, category: 'LMS', scale: 0, records });
  const full = async () => (await startFullSync(client, config, { integrationId: id })).handle.result();
  await full();
  control.update(id, 'lms_users', control.ids(id, 'lms_users', { limit: 3 }));
  control.vanish(id, 'lms_courses', control.ids(id, 'lms_courses', { limit: 1 }));
  await full();
  const dump = { statements: await recordSchema(), ...(await readData(store)) };
  await mkdir(folder, { recursive: true });
  await writeFile(new URL('database.json.gz', folder), gzipSync(JSON.stringify(dump), { level: 9 }));
  await cp(new URL('../test/histories', import.meta.url), new URL('histories', folder), { recursive: true });
  const tables = Object.keys(dump.rows).length;
  process.stdout.write(
    `${packageVersion()}: ${dump.statements.length} statements, ${tables} tables with rows\n`,
  );
} finally {
  await service.close();
}
