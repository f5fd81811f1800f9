import { fail, ok, type Check } from './check.ts';
import { checkChoice } from './choice.ts';
import { checkKombo } from './kombo.ts';
import { checkPostgres, type PostgresFindings } from './postgres.ts';
import { checkSafetyNet } from './safety-net.ts';
import { checkService } from './service.ts';
import { checkNode, checkPrivacy, checkSettings, checkSizes } from './settings.ts';
import { checkSchedules } from './schedules.ts';
import { checkTemporal, type TemporalFindings } from './temporal.ts';
import { explain, outageOf } from '../outages/index.ts';
import { within } from '../within.ts';

export type { Check } from './check.ts';

/** How long each dependency may take to answer. */
const BOUND_MS = 5_000;
/** A little less for checks that have a better message for a timeout. */
const INNER_BOUND_MS = 4_500;

/**
 * Checks every setting and dependency, all at once, in at most a few seconds.
 *
 * @param tell hears the first ones at once, and the rest in the end.
 */
export async function examine(tell: (checks: readonly Check[]) => void): Promise<Check[]> {
  const { config, checks } = checkSettings();
  const local = [...checks, checkNode(), ...(config ? [checkPrivacy(config), checkSizes(config)] : [])];
  tell(local);
  if (!config) return local;
  const guarded = async <T extends { checks: Check[] }>(name: string, remedy: string, work: Promise<T>) =>
    within(BOUND_MS, work).catch((error: unknown): { checks: Check[] } => {
      const outage = outageOf(error);
      return { checks: [fail(name, outage?.what ?? explain(error), outage?.remedy ?? remedy)] };
    });
  const { DATABASE_URL, KOMBO_WEBHOOK_SECRETS, HOST, PORT } = config;
  const nothing = Promise.resolve({ checks: [] });
  const [postgres, temporal, kombo, service] = await Promise.all([
    guarded<PostgresFindings>(
      'Postgres',
      'Check DATABASE_URL: host, port, user, password and database.',
      DATABASE_URL ? checkPostgres(config) : nothing,
    ),
    guarded<TemporalFindings>(
      'Temporal',
      'Check TEMPORAL_ADDRESS (and TEMPORAL_API_KEY or TEMPORAL_TLS…), and that the server runs.',
      checkTemporal(config, INNER_BOUND_MS),
    ),
    guarded(
      'Kombo API',
      'Check KOMBO_API_URL.',
      checkKombo(config, INNER_BOUND_MS).then((found) => ({ checks: found })),
    ),
    checkService(HOST, config.OPERATIONS_PORT ?? PORT, INNER_BOUND_MS),
  ]);
  const { integrations, passes } = postgres as PostgresFindings;
  const { schedules } = temporal as TemporalFindings;
  const rest = [
    checkChoice(config, integrations),
    ...postgres.checks,
    ...temporal.checks,
    ...(integrations && schedules ? [checkSchedules(integrations, schedules)] : []),
    ...(passes && schedules ? [checkSafetyNet(passes, schedules)] : []),
    ...kombo.checks,
    ...(KOMBO_WEBHOOK_SECRETS.length > 0
      ? [ok('Webhook secrets', `${KOMBO_WEBHOOK_SECRETS.length} accepted`)]
      : []),
    service,
  ];
  tell(rest);
  return [...local, ...rest];
}
