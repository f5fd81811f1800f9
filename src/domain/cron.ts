interface Field {
  min: number;
  max: number;
  names?: readonly string[];
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const LAST_DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const FIELDS: readonly Field[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: MONTHS },
  { min: 0, max: 7, names: WEEKDAYS },
];

/** The values that each field allows, in order. A time matches if all fields allow it, as on Temporal's server. */
interface CronTimes {
  minutes: readonly number[];
  hours: readonly number[];
  days: readonly number[];
  months: readonly number[];
  /** From 0, Sunday, to 7, which is Sunday too. */
  weekdays: readonly number[];
}

/**
 * Reads a cron expression of Temporal's schedules: minute, hour, day, month and weekday, each a `*`, a number, a name,
 * a range or a list, with steps: https://docs.temporal.io/schedule#cron-expressions
 *
 * @returns undefined for anything else, and for an expression that never matches.
 */
export function parseCron(text: string): CronTimes | undefined {
  const parts = text.trim().toLowerCase().split(/\s+/);
  if (parts.length !== FIELDS.length) return undefined;
  const [minutes, hours, days, months, weekdays] = FIELDS.map((field, index) =>
    valuesOf(parts[index]!, field),
  );
  if (!minutes || !hours || !days || !months || !weekdays) return undefined;
  const comes = months.some((month) => days[0]! <= LAST_DAYS[month - 1]!);
  return comes ? { minutes, hours, days, months, weekdays } : undefined;
}

export function isCron(text: string): boolean {
  return parseCron(text) !== undefined;
}

/** Whether the expression matches a minute, which is given as if the local clock were UTC. */
export function namesMinute(times: CronTimes, local: Date): boolean {
  const weekday = local.getUTCDay();
  return (
    times.minutes.includes(local.getUTCMinutes()) &&
    times.hours.includes(local.getUTCHours()) &&
    times.days.includes(local.getUTCDate()) &&
    times.months.includes(local.getUTCMonth() + 1) &&
    (times.weekdays.includes(weekday) || (weekday === 0 && times.weekdays.includes(7)))
  );
}

/** All values that a field allows, in order; undefined if it is wrong. */
function valuesOf(text: string, field: Field): number[] | undefined {
  const values = new Set<number>();
  for (const item of text.split(',')) {
    const match = /^(?:\*|(\w+)(?:-(\w+))?)(?:\/(\d+))?$/.exec(item);
    if (!match) return undefined;
    const [, from, to, step] = match;
    const first = from === undefined ? field.min : valueOf(from, field);
    // As in other crons, `5/10` begins at 5 and has no end.
    const open = from === undefined || (to === undefined && step !== undefined);
    const last = open ? field.max : valueOf(to ?? from, field);
    if (first === undefined || last === undefined || first > last || step === '0') return undefined;
    for (let value = first; value <= last; value += Number(step ?? 1)) values.add(value);
  }
  return [...values].sort((a, b) => a - b);
}

function valueOf(text: string, { min, max, names = [] }: Field): number | undefined {
  const named = names.indexOf(text);
  if (named !== -1) return named + (min === 1 ? 1 : 0);
  const value = /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
  return value >= min && value <= max ? value : undefined;
}
