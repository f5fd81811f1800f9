import { ConfigError, type SettingIssue } from '../config-error.ts';
import { loadConfig, type Config, type Required } from '../config.ts';
import { formatDuration } from '../domain/duration.ts';
import { routeKombo } from '../settings/proxy.ts';
import { problemsOfWorker } from '../settings/worker.ts';
import { fail, ok, type Check } from './check.ts';

const REQUIRED: readonly Required[] = ['KOMBO_API_KEY', 'KOMBO_WEBHOOK_SECRETS', 'DATABASE_URL'];

/** Checks all settings at once. If some are only missing, it still returns a config to check the rest with. */
export function checkSettings(): { config: Config | undefined; checks: Check[] } {
  const issues = issuesWith(REQUIRED);
  const checks =
    issues.length === 0
      ? [ok('Settings', 'all there and well-formed')]
      : issues.map((issue) => fail('Settings', `${issue.name} ${issue.problem}`, remedyOf(issue)));
  return { config: issuesWith([]).length === 0 ? loadConfig() : undefined, checks };
}

function issuesWith(required: readonly Required[]): readonly SettingIssue[] {
  try {
    routeKombo(loadConfig(undefined, required));
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.issues;
    throw error;
  }
}

function remedyOf({ remedy, example }: SettingIssue): string {
  if (!remedy) return example ? `Write for example ${example}.` : 'Correct it.';
  const action = remedy.charAt(0).toUpperCase() + remedy.slice(1);
  return example ? `${action}, for example ${example}.` : `${action}.`;
}

/** Whether the fields of records that Kombo deleted are kept, which you decide. */
export function checkPrivacy({ ERASE_DELETED_AFTER: after }: Pick<Config, 'ERASE_DELETED_AFTER'>): Check {
  if (after === null) {
    return ok(
      'Privacy',
      'the fields of deleted records are kept (ERASE_DELETED_AFTER is off; 14d is recommended)',
    );
  }
  return ok('Privacy', `the fields of deleted records are erased after ${formatDuration(after)}`);
}

/** Whether a worker with these settings would start. */
export function checkSizes(config: Config): Check {
  const [first, ...rest] = problemsOfWorker(config);
  if (!first) {
    const { WORKER_SLOTS: slots, DATABASE_POOL: pool } = config;
    return ok(
      'Sizes',
      `${slots === 'auto' ? 'slots as the machine allows' : `${slots} slots`}, ${pool} connections`,
    );
  }
  const more = rest.map(({ name, problem }) => `; ${name} ${problem}`).join('');
  return fail('Sizes', `${first.name} ${first.problem}${more}`, remedyOf(first));
}

const OLDEST_NODE = '22.13.0';

export function checkNode(version = process.versions.node): Check {
  if (version.localeCompare(OLDEST_NODE, 'en', { numeric: true }) >= 0) return ok('Node', version);
  return fail('Node', `${version} is too old`, `Use Node ${OLDEST_NODE} or newer.`);
}
