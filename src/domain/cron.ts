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

/**
 * Whether Temporal's schedules take it as minute, hour, day, month and weekday, each a `*`, a number, a name, a range or a
 * list, with steps, and it ever comes true: https://docs.temporal.io/schedule#cron-expressions
 */
export function isCron(text: string): boolean {
  const parts = text.trim().toLowerCase().split(/\s+/);
  if (parts.length !== FIELDS.length) return false;
  const values = FIELDS.map((field, index) => valuesOf(parts[index]!, field));
  const [, , days, months, weekdays] = values;
  if (!days || !months || !weekdays || values.includes(undefined)) return false;
  return months.some((month) => days[0]! <= LAST_DAYS[month - 1]!);
}

/** All values that a field allows, in order; undefined when it is wrong. */
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
