import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { pino } from 'pino';
import { createSandbox } from '../../sandbox/index.ts';
import { loadConfig } from '../../src/config.ts';
import { startServer } from '../../src/http/server.ts';
import { setup } from '../../src/operations/setup.ts';
import type { Store } from '../../src/store/database.ts';
import type { TemporalHandle } from '../../src/temporal/connect.ts';
import { findDifferences } from '../support/differences.ts';
import { testEnvironment } from '../support/service.ts';
import { RETRY_MS } from './bounds.ts';
import { Workers } from './workers.ts';

const API_KEY = 'ks_test_live';
const SECRET = 'whsec_test_live';

/** What a world stands on: a migrated database of its own, and Temporal. */
export interface Ground {
  store: Store;
  databaseUrl: string;
  temporal: TemporalHandle;
  temporalAddress: string;
  /** A folder without a `.env`, and a home without a Temporal profile. */
  emptyFolder: string;
  /** Further settings. */
  settings?: Readonly<Record<string, string>>;
}

/**
 * The whole service, with workers in processes of their own; the sandbox stands in for Kombo. Its pauses are short, so
 * that a minute is enough to test the bounds.
 */
export async function openWorld(ground: Ground) {
  const { store, databaseUrl, temporal, temporalAddress, emptyFolder, settings } = ground;
  const sandbox = createSandbox({ apiKey: API_KEY, webhookSecret: SECRET, integrations: [] });
  const { control } = sandbox;
  const environment = {
    ...testEnvironment({
      apiKey: API_KEY,
      apiUrl: await sandbox.listen(),
      secret: SECRET,
      databaseUrl,
      taskQueue: `live-${randomBytes(6).toString('hex')}`,
    }),
    FULL_REFRESH_INTERVAL: '1s',
    RETRY_INTERVAL: `${RETRY_MS.first}ms`,
    RETRY_MAX_INTERVAL: `${RETRY_MS.longest}ms`,
    ...settings,
  };
  const config = loadConfig(environment);
  const log = pino({ level: 'silent' });
  await setup({ config, store, temporal, log });
  const server = await startServer({ config, store, temporal, log, lagMs: () => 0 });
  control.setWebhookUrl(`${server.url}/webhooks/kombo`);
  // A look at a locked table gives up at once, and no failure of the plan hits this connection.
  const looker = new pg.Pool({
    connectionString: databaseUrl,
    max: 4,
    application_name: LOOKER,
    options: '-c lock_timeout=200ms',
  });
  looker.on('error', () => {});
  const workers = new Workers({ ...environment, TEMPORAL_ADDRESS: temporalAddress }, emptyFolder);

  return {
    control,
    config,
    store,
    looker,
    temporal,
    workers,
    databaseUrl,
    /** A small LMS, sometimes with a listing of a few pages. */
    addIntegration: (users: number): string => {
      const id = `bombohr:${randomBytes(6).toString('hex')}`;
      const records = { lms_users: users, lms_course_progressions: 30, lms_courses: 20, lms_skills: 20 };
      control.addIntegration({ id, category: 'LMS', scale: 0, records });
      return id;
    },
    /** Kombo reports that models have changed. */
    tell: async (id: string, models: string[], duplicate = false): Promise<void> => {
      const data = { integration_id: id, changed_models: models.map((name) => ({ name })) };
      const { statuses } = await control.sendWebhook({ type: 'data-changed', data, duplicate });
      requireAccepted(statuses);
    },
    announce: async (id: string, event: 'integration-created' | 'integration-state-changed') => {
      requireAccepted((await control.announce(id, event))?.statuses ?? []);
    },
    differences: (id: string) => findDifferences({ pool: looker }, control, id),
    close: async () => {
      await workers.close();
      await server.close();
      await looker.end();
      await sandbox.close();
    },
  };
}

export type World = Awaited<ReturnType<typeof openWorld>>;

export const LOOKER = 'live-looker';

function requireAccepted(statuses: readonly (number | null)[]): void {
  if (statuses.some((status) => status !== 200)) {
    throw new Error(`A webhook was answered with ${statuses.join(', ')}`);
  }
}
