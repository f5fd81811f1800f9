import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { z } from 'zod';
import { CATALOGUE } from './domain/catalogue/index.ts';
import { isCron } from './domain/cron.ts';
import { parseDuration } from './domain/duration.ts';
import { Secret } from './secret.ts';

/** A setting is wrong or missing. The message names the variable, what is wrong and an example. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

const duration = (text: string) =>
  z
    .string()
    .default(text)
    .transform((value, context) => {
      const ms = parseDuration(value);
      if (ms !== undefined) return ms;
      context.addIssue(`is not a duration; write it as 500ms, 5s, 2m, 6h or 7d, for example ${text}`);
      return z.NEVER;
    });

/** Milliseconds, or null for `off`. */
const durationOrOff = (text: string) =>
  z.union([z.literal('off').transform(() => null), duration(text)]).default(parseDuration(text)!);

/** The shortest interval of a Temporal schedule. */
const SHORTEST_INTERVAL_MS = 1_000;
const WEEK_MS = 7 * 86_400_000;

const onOff = (text: 'on' | 'off') =>
  z
    .enum(['on', 'off'], { error: 'must be on or off' })
    .default(text)
    .transform((value) => value === 'on');

const flag = () =>
  z
    .enum(['true', 'false'], { error: 'must be true or false' })
    .default('false')
    .transform((value) => value === 'true');

const list = (text: string) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

const url = (protocols: string[], example: string) =>
  z.string().refine((value) => protocols.includes(URL.parse(value)?.protocol ?? ''), {
    error: `is not an address, for example ${example}`,
  });

/** What may follow `Bearer` in a header. Nothing else can be sent, and the runtime's own complaint would show it. */
const BEARER = /^[\x21-\x7e]+$/;

const apiKey = z
  .string()
  .regex(BEARER, {
    error:
      'holds a line break, a space or another character that no key has; copy it again, for example ks_prod_…',
  })
  .transform((value) => new Secret(value));

/** Credentials in it would be shown with it, and cannot be sent. */
const hasCredentials = (text: string) => {
  const { username = '', password = '' } = URL.parse(text) ?? {};
  return username !== '' || password !== '';
};

const timezone = z
  .string()
  .default('UTC')
  .refine((value) => isTimezone(value), { error: 'is not a time zone, for example Europe/Berlin' });

const cron = z.string().default('0 2 * * 0').refine(isCron, {
  error:
    'is not a cron expression of five fields (minute, hour, day, month, weekday) that ever comes true, for example "0 2 * * 0" (Sunday 02:00)',
});

/** False, or addresses and networks. A mere count of proxies would let every caller that reaches us directly claim an address. */
const trustProxy = z
  .string()
  .default('off')
  .transform((value, context): false | string[] => {
    if (value === 'off') return false;
    const addresses = list(value);
    if (addresses.length > 0 && addresses.every(isNetwork)) return addresses;
    context.addIssue('must be off or the addresses of proxies, for example 10.0.0.0/8,127.0.0.1');
    return z.NEVER;
  });

/** Every setting, its default and what it means: the README's table is checked against this. */
export const SETTINGS = {
  KOMBO_API_KEY: apiKey.optional().describe("Kombo's API key"),
  KOMBO_API_URL: url(['http:', 'https:'], 'https://api.us.kombo.dev/v1')
    .refine((value) => !hasCredentials(value), {
      error:
        'holds a user or a password; leave them out, KOMBO_API_KEY is sent by itself, for example https://api.us.kombo.dev/v1',
    })
    .default('https://api.kombo.dev/v1')
    .transform((value) => value.replace(/\/+$/, ''))
    .describe("Address of Kombo's API: the default is the EU, the US is `https://api.us.kombo.dev/v1`"),
  KOMBO_WEBHOOK_SECRETS: z
    .string()
    .refine((value) => list(value).length > 0, {
      error: 'holds no secret; write one or several, comma-separated, for example whsec_new,whsec_old',
    })
    .optional()
    .transform((value) => list(value ?? '').map((part) => new Secret(part)))
    .describe('Webhook secrets, comma-separated; several while you rotate'),
  DATABASE_URL: url(['postgres:', 'postgresql:'], 'postgres://user:password@localhost:5432/app')
    .transform((value) => new Secret(value))
    .optional()
    .describe('Postgres 14 or newer'),
  TEMPORAL_UI_URL: url(['http:', 'https:'], 'https://cloud.temporal.io')
    .optional()
    .describe("Where Temporal's UI is, for links on the status page and in answers"),
  TASK_QUEUE: z.string().min(1).default('kombo-sync').describe('Temporal task queue'),
  HOST: z.string().default('0.0.0.0').describe('Address that `serve` listens on; `dev` uses 127.0.0.1'),
  PORT: z.coerce
    .number({ error: 'is not a port, for example 3000' })
    .int()
    .min(0)
    .max(65_535, { error: 'is not a port, for example 3000' })
    .default(3000)
    .describe('Port that `serve` listens on'),
  TRUST_PROXY: trustProxy.describe(
    'Addresses of proxies whose `x-forwarded-for` is believed, comma-separated, as `10.0.0.0/8`; `off` believes none',
  ),
  ADMIN_TOKEN: z
    .string()
    .min(16, { error: 'must have at least 16 characters, for example the output of: openssl rand -hex 24' })
    .transform((value) => new Secret(value))
    .optional()
    .describe('Bearer token of the admin API and the status page; closed without it'),
  DEBOUNCE_QUIET: duration('5s').describe('A sync starts when no webhook has come for this long'),
  DEBOUNCE_MAX_WAIT: duration('60s').describe(
    'A sync starts at the latest this long after the first unserved webhook',
  ),
  FULL_SYNC_CRON: cron.describe('When the weekly full sync starts'),
  FULL_SYNC_TIMEZONE: timezone.describe('Time zone of FULL_SYNC_CRON'),
  FULL_SYNC_SPREAD: duration('6h')
    .refine((ms) => ms <= WEEK_MS, { error: 'is longer than a week; use for example 6h' })
    .describe('Full syncs are spread over this window by a hash of the integration id'),
  CATCH_UP_INTERVAL: durationOrOff('6h')
    .refine((ms) => ms === null || ms >= SHORTEST_INTERVAL_MS, {
      error: 'is too short; it is at least 1s, for example 6h, or off',
    })
    .describe('Delta of every endpoint though no webhook came; `off` turns it off'),
  LEGACY_WEBHOOKS: onOff('on').describe(
    '`sync-finished` and `remote-event-received` start syncs too (`on`), or are answered, counted and not acted upon (`off`)',
  ),
  RETRY_INTERVAL: duration('30s').describe(
    'Pause before a failed read is tried again; it grows to a tenth of the time for which it has been failing',
  ),
  RETRY_MAX_INTERVAL: duration('1h').describe('Longest pause between two tries'),
  RETRY_GIVE_UP: duration('24h').describe(
    'A read that has failed for this long needs a person; no timer tries it any more, only the catch-up, webhooks and you',
  ),
  DELETED_RETENTION: durationOrOff('14d').describe(
    'How long the data of a deleted integration are kept before they are erased; `off` keeps them',
  ),
  WATERMARK_OVERLAP: duration('5m').describe('A delta reads again this much'),
  FULL_REFRESH_INTERVAL: duration('6h').describe(
    'A change that only a full pass shows starts at most one full pass of that endpoint in this time',
  ),
  EXTRA_ENDPOINTS: z
    .string()
    .default('')
    .transform((value, context) => {
      const paths = list(value);
      for (const path of paths) {
        if (!CATALOGUE.some((endpoint) => endpoint.path === path)) {
          context.addIssue(`names ${path}, which is no known endpoint, for example /hris/teams,/hris/skills`);
        }
      }
      return paths;
    })
    .describe('Deprecated and closed-beta endpoints to read too, comma-separated'),
  ERASE_EMPTIED: flag().describe('Erase what was known of a deleted record when Kombo empties its tombstone'),
  KEEP_REJECTED_BODIES: flag().describe(
    'Keep the body of a record that was set aside; it may hold personal data',
  ),
  SWEEP_MAX_SHARE: z.coerce
    .number({ error: 'must be a share between 0 and 1, for example 0.3' })
    .min(0)
    .max(1, { error: 'must be a share between 0 and 1, for example 0.3' })
    .default(0.3)
    .describe(
      'A sweep that would delete more than this share of a table of 100 rows or more stops and reports',
    ),
  CHANGES_RETENTION: duration('30d').describe('How long the change feed is kept'),
  HISTORY_RETENTION: duration('90d').describe('How long finished passes and drift reports are kept'),
  DATA_DIR: z.string().min(1).default('.kombo-sync').describe('Where `dev` keeps its databases'),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
      error: 'must be one of trace, debug, info, warn, error, fatal, silent',
    })
    .default('info')
    .describe('Least important level that is logged'),
  LOG_FORMAT: z
    .enum(['pretty', 'json'], { error: 'must be pretty or json' })
    .optional()
    .describe('`pretty` or `json`; the default is `pretty` on a terminal, else `json`'),
} as const;

const schema = z.object(SETTINGS);

export type Config = Readonly<z.output<typeof schema>>;

/** Settings that a command cannot do without. */
export type Required = 'KOMBO_API_KEY' | 'KOMBO_WEBHOOK_SECRETS' | 'DATABASE_URL';

const EXAMPLES: Record<Required, string> = {
  KOMBO_API_KEY: 'KOMBO_API_KEY=ks_prod_…, from the Kombo dashboard under API keys',
  KOMBO_WEBHOOK_SECRETS: 'KOMBO_WEBHOOK_SECRETS=…, from the Kombo dashboard under webhooks',
  DATABASE_URL: 'DATABASE_URL=postgres://user:password@localhost:5432/app',
};

/**
 * The variables of Temporal's clients, whose own reader takes an empty one for a value: an empty TEMPORAL_TLS would turn TLS
 * off. Only headers are left empty, which takes them out of a profile.
 */
export function temporalEnvironment(
  env: Readonly<Record<string, string | undefined>> = process.env,
): Record<string, string> {
  const entries = Object.entries(env).flatMap(([name, value]): [string, string][] => {
    const left = value === undefined || (value === '' && /^TEMPORAL_(?!GRPC_META_)/.test(name));
    return left ? [] : [[name, value]];
  });
  return Object.fromEntries(entries);
}

/** Temporal's clients take everything that they do not know for `false`. */
const TLS_VALUES = ['', 'true', 'false', '1', '0'];

/**
 * Reads the settings. This is the only place that looks at `process.env`; `NAME_FILE` names a file that holds the value,
 * as container platforms mount secrets. An empty value is the same as none.
 *
 * @throws ConfigError that lists everything that is wrong at once.
 */
export function loadConfig(
  env: Readonly<Record<string, string | undefined>> = process.env,
  required: readonly Required[] = [],
): Config {
  const problems: string[] = [];
  const values: Record<string, string> = {};
  for (const name of Object.keys(SETTINGS)) {
    const file = env[`${name}_FILE`];
    try {
      const value = file ? readFileSync(file, 'utf8').trim() : env[name];
      if (value) values[name] = value;
    } catch {
      problems.push(`${name}_FILE names ${file}, which cannot be read.`);
    }
  }
  const parsed = schema.safeParse(values);
  for (const issue of parsed.error?.issues ?? []) {
    problems.push(`${String(issue.path[0])} ${issue.message}.`);
  }
  if (!TLS_VALUES.includes(env['TEMPORAL_TLS'] ?? '')) {
    problems.push(
      'TEMPORAL_TLS is neither true nor false; set it to one of them, for example TEMPORAL_TLS=true.',
    );
  }
  for (const name of required) {
    if (!values[name]) problems.push(`${name} is missing; set it, for example ${EXAMPLES[name]}.`);
  }
  const config = parsed.data;
  if (config && config.DEBOUNCE_MAX_WAIT < config.DEBOUNCE_QUIET) {
    problems.push('DEBOUNCE_MAX_WAIT is shorter than DEBOUNCE_QUIET; make it longer, for example 60s.');
  }
  if (problems.length > 0 || !config) throw new ConfigError(problems.join('\n'));
  return config;
}

/** An address, or a network as 10.0.0.0/8. */
function isNetwork(text: string): boolean {
  const [address, bits, ...rest] = text.split('/');
  const version = isIP(address ?? '');
  if (version === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}

function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
