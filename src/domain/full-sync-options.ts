import { isName } from './text.ts';
import { isTimestamp, parseTimestamp } from './timestamp.ts';

/**
 * The options of a full sync, for the command line, the API, the workflow and each of its reads. So a new option
 * reaches every pass.
 */
export interface FullSyncOptions {
  /** Only the endpoints of these models. Default: every endpoint. */
  models?: string[] | undefined;
  /** Only what changed since then (ISO date or date-time). Such a sync never sweeps. */
  since?: string | undefined;
  /** Allow a sweep to delete more than SWEEP_MAX_SHARE of a table. */
  allowMassDeletion?: boolean | undefined;
}

type Name = keyof FullSyncOptions;

/** What each option must be, in words and as a check, since input may come from the plain `temporal` CLI. */
const FORMS: Record<Name, { form: string; fits: (value: unknown) => boolean }> = {
  models: {
    form: 'a list of names, for example ["ats_jobs"]',
    fits: (value) => Array.isArray(value) && value.every(isName),
  },
  since: {
    form: 'a date or date-time, for example "2026-01-01"',
    fits: (value) => typeof value === 'string' && isTimestamp(value),
  },
  allowMassDeletion: { form: 'true or false', fits: (value) => typeof value === 'boolean' },
};

/** The options that are set. @throws RangeError for one with a wrong form. */
export function fullSyncOptions(given: { [Option in Name]?: unknown }): FullSyncOptions {
  const options: Partial<Record<Name, unknown>> = {};
  for (const name of Object.keys(FORMS) as Name[]) {
    const value = given[name];
    if (value === undefined) continue;
    if (!FORMS[name].fits(value)) throw new RangeError(`${name} must be ${FORMS[name].form}.`);
    options[name] = value;
  }
  return options as FullSyncOptions;
}

/**
 * The time that `since` means, as ISO text in UTC. It refuses a time in the future: the sync would read nothing and
 * look like a success.
 *
 * @throws RangeError that says what it must be.
 */
export function readSince(text: string, now: Date): string {
  const moment = parseTimestamp(text);
  if (!moment) {
    throw new RangeError('must be a date or a date-time, for example 2026-01-01 or 2026-01-01T08:00:00Z');
  }
  if (moment > now) throw new RangeError('must not be in the future');
  return moment.toISOString();
}
