import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { ConfigError, type SettingIssue } from './config-error.ts';
import {
  apiKey,
  cron,
  duration,
  durationOrOff,
  flag,
  hasCredentials,
  list,
  oneOf,
  onOff,
  otherwise,
  sendsInClear,
  share,
  size,
  timezone,
  url,
  type Wrong,
} from './config-values.ts';
import { Secret } from './secret.ts';
import { CHANGES_SIGNAL_SETTINGS, problemsOfChangesSignal } from './settings/changes-signal.ts';
import { DATABASE_SETTINGS, problemsOfDatabase } from './settings/database.ts';
import { withEnvironment } from './settings/database-url.ts';
import { extraEndpoints } from './settings/extra-endpoints.ts';
import { FIELD_SETTINGS, problemsOfFields } from './settings/fields.ts';
import { HTTP_SETTINGS, problemsOfTokens } from './settings/http.ts';
import { KOMBO_LIMIT_SETTINGS } from './settings/kombo-limits.ts';
import { MODEL_SETTINGS, problemsOfModels } from './settings/models.ts';
import { NOTIFY_SETTINGS, problemsOfNotify } from './settings/notify.ts';
import { PAYLOAD_SETTINGS, problemsOfPayloads, type PayloadSettings } from './settings/payloads.ts';
import { readTemporalSettings } from './settings/temporal.ts';
import { problemsOfVersion, VERSION_SETTINGS } from './settings/worker-versions.ts';
import { WORKER_SETTINGS } from './settings/worker.ts';

/** The shortest interval of a Temporal schedule. */
const SHORTEST_INTERVAL_MS = 1_000;
const WEEK_MS = 7 * 86_400_000;

/** Every setting, its default and its meaning. A test compares the table of docs/settings.md with this. */
export const SETTINGS = {
  KOMBO_API_KEY: apiKey.optional().describe("Kombo's API key"),
  KOMBO_API_URL: url(['http:', 'https:'], 'https://api.us.kombo.dev/v1')
    .refine(
      (value) => !hasCredentials(value),
      otherwise({
        problem: 'holds a user or a password',
        remedy: 'leave them out; requests carry KOMBO_API_KEY',
        example: 'https://api.us.kombo.dev/v1',
      }),
    )
    .default('https://api.kombo.dev/v1')
    .transform((value) => value.replace(/\/+$/, ''))
    .describe(
      "Address of Kombo's API: EU `https://api.kombo.dev/v1`, US `https://api.us.kombo.dev/v1`, Canada `https://api.ca.kombo.dev/v1`",
    ),
  KOMBO_PROXY: url(['http:', 'https:'], 'http://proxy.example.com:3128')
    .transform((value) => new Secret(value))
    .optional()
    .describe("Proxy on the way to Kombo's API; this machine is always reached without one"),
  KOMBO_ALLOW_HTTP: flag().describe(
    'Let KOMBO_API_URL begin with `http://` though it is not on this machine; the key can be read on the way',
  ),
  KOMBO_MAX_ANSWER: size('64MiB').describe(
    'How long an answer of Kombo may be, unpacked; pages that are longer are read in smaller ones',
  ),
  ...KOMBO_LIMIT_SETTINGS,
  KOMBO_WEBHOOK_SECRETS: z
    .string()
    .refine(
      (value) => list(value).length > 0,
      otherwise({
        problem: 'holds no secret',
        remedy: 'write one or several, comma-separated',
        example: 'whsec_new,whsec_old',
      }),
    )
    .optional()
    .transform((value) => list(value ?? '').map((part) => new Secret(part)))
    .describe('Webhook secrets, comma-separated; several while you rotate'),
  ...DATABASE_SETTINGS,
  TEMPORAL_UI_URL: url(['http:', 'https:'], 'https://cloud.temporal.io')
    .optional()
    .describe("Where Temporal's UI is, for links on the status page and in answers"),
  TASK_QUEUE: z.string().min(1).default('kombo-sync').describe('Temporal task queue'),
  ...VERSION_SETTINGS,
  ...PAYLOAD_SETTINGS,
  ...HTTP_SETTINGS,
  ...NOTIFY_SETTINGS,
  ...WORKER_SETTINGS,
  DEBOUNCE_QUIET: duration('5s').describe('A sync starts when no webhook has come for this long'),
  DEBOUNCE_MAX_WAIT: duration('60s').describe(
    'A sync starts at the latest this long after the first unserved webhook',
  ),
  DEBOUNCE_LEADING: onOff('off').describe(
    'The first webhook after DEBOUNCE_QUIET without one is read at once (`on`); those that follow wait as ever',
  ),
  FULL_SYNC_CRON: cron.describe('When the weekly full sync starts'),
  FULL_SYNC_TIMEZONE: timezone.describe('Time zone of FULL_SYNC_CRON'),
  FULL_SYNC_SPREAD: duration('6h')
    .refine((ms) => ms <= WEEK_MS, otherwise({ problem: 'is longer than a week', example: '6h' }))
    .describe('Full syncs are spread over this window by a hash of the integration id'),
  CATCH_UP_INTERVAL: durationOrOff('6h')
    .refine(
      (ms) => ms === null || ms >= SHORTEST_INTERVAL_MS,
      otherwise({ problem: 'is too short', remedy: 'make it at least 1s or off', example: '6h' }),
    )
    .describe('Delta of every endpoint though no webhook came; `off` turns it off'),
  LEGACY_WEBHOOKS: onOff('on').describe(
    '`sync-finished` and `remote-event-received` start syncs too (`on`), or are answered, counted and not acted upon (`off`)',
  ),
  RETRY_INTERVAL: duration('30s').describe(
    'Pause before a failed read is tried again; it grows to a tenth of the time for which it has been failing',
  ),
  RETRY_MAX_INTERVAL: duration('1h').describe('Longest pause between two tries'),
  RETRY_GIVE_UP: duration('24h').describe(
    'A read that has failed for this long needs you; no timer tries it any more, only the catch-up, full syncs, webhooks and you',
  ),
  DELETED_RETENTION: durationOrOff('14d').describe(
    'How long the data of a deleted integration is kept before it is erased; `off` keeps it',
  ),
  WATERMARK_OVERLAP: duration('5m').describe('A delta reads again this much'),
  FULL_REFRESH_INTERVAL: duration('6h').describe(
    'A change that only a full pass shows starts at most one full pass of that endpoint in this time',
  ),
  ...MODEL_SETTINGS,
  EXTRA_ENDPOINTS: extraEndpoints.describe(
    'Paths of more endpoints to read: deprecated, closed-beta, or such as `/hris/brand-new` that this version does not know',
  ),
  ...FIELD_SETTINGS,
  ERASE_DELETED_AFTER: durationOrOff('off').describe(
    'How long the fields of a deleted record are kept before they are erased; `off` keeps them, `14d` is recommended',
  ),
  ERASE_EMPTIED: flag().describe('Erase what was known of a deleted record when Kombo empties its tombstone'),
  KEEP_REJECTED_BODIES: flag().describe(
    'Keep the body of a record that was set aside; it may hold personal data',
  ),
  SWEEP_MAX_SHARE: share(0.3).describe(
    'A sweep that would delete more than this share of a table of 100 rows or more stops and reports',
  ),
  CHANGES_RETENTION: duration('30d').describe('How long the change feed is kept'),
  CONSUMER_MAX_LAG: duration('30d').describe(
    'Changes that a registered consumer has not read are kept for so long, if that is longer than CHANGES_RETENTION',
  ),
  ...CHANGES_SIGNAL_SETTINGS,
  HISTORY_RETENTION: duration('90d').describe('How long finished passes and drift reports are kept'),
  DATA_DIR: z.string().min(1).default('.kombo-sync').describe('Where `dev` keeps its databases'),
  LOG_LEVEL: z
    .string()
    .default('info')
    .transform(oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'))
    .describe('Least important level that is logged'),
  LOG_FORMAT: z
    .string()
    .transform(oneOf('pretty', 'json'))
    .optional()
    .describe('`pretty` or `json`; the default is `pretty` on a terminal, else `json`'),
} as const;

const schema = z.object(SETTINGS);

export type Config = Readonly<z.output<typeof schema>>;

/** Settings that a command may require. */
export type Required = 'KOMBO_API_KEY' | 'KOMBO_WEBHOOK_SECRETS' | 'DATABASE_URL';

const EXAMPLES: Record<Required, string> = {
  KOMBO_API_KEY: 'KOMBO_API_KEY=ks_prod_…, from the Kombo dashboard under API keys',
  KOMBO_WEBHOOK_SECRETS: 'KOMBO_WEBHOOK_SECRETS=…, from the Kombo dashboard under webhooks',
  DATABASE_URL: 'DATABASE_URL=postgres://user:password@localhost:5432/app',
};

/** For the variables that Temporal's clients and Node read; `loadConfig` reads ours. */
export const environment = (): NodeJS.ProcessEnv => process.env;

/** The variables of Temporal's clients, with the values of files. @throws ConfigError that lists every problem. */
export function temporalEnvironment(
  env: Readonly<Record<string, string | undefined>> = process.env,
): Record<string, string> {
  const { values, issues } = readTemporalSettings(env);
  if (issues.length > 0) throw new ConfigError(issues);
  return values;
}

/**
 * Reads the settings. This is the only place that looks at `process.env`. `NAME_FILE` names a file with the value,
 * because container platforms mount secrets as files. An empty value counts as none.
 *
 * @throws ConfigError that lists every problem.
 */
export function loadConfig(
  env: Readonly<Record<string, string | undefined>> = process.env,
  required: readonly Required[] = [],
): Config {
  const { values, issues } = readValues(env, Object.keys(SETTINGS));
  for (const name of ['DATABASE_URL', 'DATABASE_DIRECT_URL']) {
    if (values[name]) values[name] = withEnvironment(values[name], env);
  }
  const { data: config, error } = schema.safeParse(values);
  issues.push(...(error?.issues ?? []).map(toIssue));
  issues.push(...readTemporalSettings(env).issues);
  issues.push(...required.filter((name) => !values[name]).map(missing));
  issues.push(...problemsOfDatabase(values));
  if (config) issues.push(...problemsOfFields(config));
  if (config) {
    issues.push(...problemsOfModels(config), ...problemsOfNotify(config), ...problemsOfTokens(config));
    issues.push(...problemsOfVersion(config), ...problemsOfPayloads(config));
    issues.push(...problemsOfChangesSignal(config));
  }
  if (config && config.DEBOUNCE_MAX_WAIT < config.DEBOUNCE_QUIET) {
    issues.push({
      name: 'DEBOUNCE_MAX_WAIT',
      problem: 'is shorter than DEBOUNCE_QUIET',
      remedy: 'make it longer',
      example: '60s',
    });
  }
  if (config && !config.KOMBO_ALLOW_HTTP && sendsInClear(config.KOMBO_API_URL)) {
    issues.push({
      name: 'KOMBO_API_URL',
      problem: 'begins with http://, so that the key can be read on the way',
      remedy: 'begin it with https://, or set KOMBO_ALLOW_HTTP=true where the way is safe',
      example: 'https://api.us.kombo.dev/v1',
    });
  }
  if (config?.OPERATIONS_PORT && config.OPERATIONS_PORT === config.PORT) {
    issues.push({
      name: 'OPERATIONS_PORT',
      problem: 'is the same as PORT',
      remedy: 'set it to another one',
      example: '3001',
    });
  }
  if (issues.length > 0 || !config) throw new ConfigError(issues);
  return config;
}

/** How payloads of Temporal are written and read, for connections alone. @throws ConfigError */
export function payloadSettings(
  env: Readonly<Record<string, string | undefined>> = process.env,
): PayloadSettings {
  const { values, issues } = readValues(env, Object.keys(PAYLOAD_SETTINGS));
  const { data, error } = z.object(PAYLOAD_SETTINGS).safeParse(values);
  issues.push(...(error?.issues ?? []).map(toIssue), ...(data ? problemsOfPayloads(data) : []));
  if (issues.length > 0 || !data) throw new ConfigError(issues);
  return data;
}

/** The texts of settings, out of variables and files. */
function readValues(env: Readonly<Record<string, string | undefined>>, names: readonly string[]) {
  const issues: SettingIssue[] = [];
  const values: Record<string, string> = {};
  for (const name of names) {
    const file = env[`${name}_FILE`];
    try {
      const value = file ? readFileSync(file, 'utf8').trim() : env[name];
      if (value) values[name] = value;
    } catch {
      issues.push({ name: `${name}_FILE`, problem: `names ${file}, which cannot be read` });
    }
  }
  return { values, issues };
}

/** A setting that is not there, and cannot be done without. */
export function missing(name: Required): SettingIssue {
  return { name, problem: 'is missing', remedy: 'set it', example: EXAMPLES[name] };
}

function toIssue(issue: z.core.$ZodIssue): SettingIssue {
  const wrong = issue.code === 'custom' ? (issue.params as Wrong | undefined) : undefined;
  return { name: String(issue.path[0]), ...(wrong ?? { problem: issue.message }) };
}
