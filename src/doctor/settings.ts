import { ConfigError, loadConfig, type Config, type Required } from '../config.ts';
import { fail, ok, type Check } from './check.ts';

const REQUIRED: readonly Required[] = ['KOMBO_API_KEY', 'KOMBO_WEBHOOK_SECRETS', 'DATABASE_URL'];

/** Checks all settings at once. What is only missing leaves a config, so that the rest can be checked. */
export function checkSettings(): { config: Config | undefined; checks: Check[] } {
  const problems = problemsOf(REQUIRED);
  if (problems.length === 0)
    return { config: loadConfig(), checks: [ok('Settings', 'all there and well-formed')] };
  const checks = problems.map((problem) => {
    // A problem reads "what is wrong; what to do" or "what is wrong, for example …".
    const [what, ...rest] = problem.split(/; |, for example /);
    return fail(
      'Settings',
      what!.replace(/\.$/, ''),
      rest.length > 0 ? capital(rest.join(', for example ')) : 'Correct it.',
    );
  });
  return { config: problemsOf([]).length === 0 ? loadConfig() : undefined, checks };
}

function problemsOf(required: readonly Required[]): string[] {
  try {
    loadConfig(undefined, required);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n');
    throw error;
  }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const OLDEST_NODE = '22.13.0';

export function checkNode(version = process.versions.node): Check {
  if (version.localeCompare(OLDEST_NODE, 'en', { numeric: true }) >= 0) return ok('Node', version);
  return fail('Node', `${version} is too old`, `Use Node ${OLDEST_NODE} or newer.`);
}
