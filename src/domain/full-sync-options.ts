import { isName } from './text.ts';
import { isTimestamp, parseTimestamp } from './timestamp.ts';

/**
 * What you can ask of a full sync. The command line, the API, the workflow and each of its reads take the options from here:
 * one that is added reaches every pass by itself.
 */
export interface FullSyncOptions {
  /** Only the endpoints of these models; every endpoint when left out. */
  models?: string[] | undefined;
  /** Only what changed since then (ISO date or date-time); such a sync never sweeps. */
  since?: string | undefined;
  /** Let a sweep delete more than SWEEP_MAX_SHARE of a table. */
  allowMassDeletion?: boolean | undefined;
}

type Name = keyof FullSyncOptions;

/** What each must be, in words and as a check: input may come from the plain `temporal` CLI. */
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

/** The options that are set among what was given. @throws RangeError for one that is not of its form */
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
 * The moment that `since` means, as ISO text in UTC. One that is still to come is refused: the sync would read nothing, and
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
