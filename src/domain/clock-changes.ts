import { namesMinute, parseCron } from './cron.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** This year and the next four. Whole years, so that schedules change once a year and not every day. */
const YEARS = 5;

/**
 * The runs of a cron expression that Temporal leaves out when the clocks go forward, as more cron expressions with six
 * fields, the last one the year. A time that does not exist on that day is moved as far as the clocks: 02:15 becomes
 * 03:15. Without this, a weekly run would come after two weeks.
 *
 * Each expression names its date. Moving the original expression out of that hour would work only if it is simple, and
 * would move the runs of all other days. If Temporal runs such a time itself, as in a gap of half an hour, it is the
 * same time, and runs once. When the clocks go back, Temporal leaves nothing out.
 *
 * @param now its year is the first year that is checked.
 */
export function runsLeftOut(cron: string, timezone: string, now: Date): string[] {
  const times = parseCron(cron);
  if (!times) return [];
  const minutesByHour = new Map<string, Set<number>>();
  for (const { from, to } of gapsOf(timezone, now.getUTCFullYear())) {
    const end = endOfCare(from, to);
    for (let local = from; local < end; local += MINUTE) {
      if (!namesMinute(times, new Date(local))) continue;
      const moved = new Date(local < to ? local + (to - from) : local);
      const hour = `${moved.getUTCHours()} ${moved.getUTCDate()} ${moved.getUTCMonth() + 1} * ${moved.getUTCFullYear()}`;
      const minutes = minutesByHour.get(hour) ?? new Set();
      minutesByHour.set(hour, minutes.add(moved.getUTCMinutes()));
    }
  }
  return [...minutesByHour].map(
    ([hour, minutes]) => `${[...minutes].sort((a, b) => a - b).join(',')} ${hour}`,
  );
}

/**
 * If midnight does not exist, as in America/Santiago, Temporal may take the day for the weekday before. So all its runs
 * are named.
 */
function endOfCare(from: number, to: number): number {
  const midnight = Math.floor((to - 1) / DAY) * DAY;
  return midnight >= from ? midnight + DAY : to;
}

/** Local times that do not exist, written as if they were UTC: from the first one to the next that exists. */
interface Gap {
  from: number;
  to: number;
}

/** A search takes milliseconds, and schedules are made for thousands of integrations. */
const known = new Map<string, Gap[]>();

function gapsOf(timezone: string, year: number): Gap[] {
  const key = `${year} ${timezone}`;
  let gaps = known.get(key);
  if (!gaps) known.set(key, (gaps = findGaps(timezone, Date.UTC(year, 0), Date.UTC(year + YEARS, 0))));
  return gaps;
}

function findGaps(timezone: string, start: number, end: number): Gap[] {
  const offsetAt = offsets(timezone);
  const gaps: Gap[] = [];
  for (let day = start; day < end; day += DAY) {
    const before = offsetAt(day);
    const after = offsetAt(day + DAY);
    if (after <= before) continue;
    let [low, high] = [day, day + DAY];
    while (high - low > MINUTE) {
      const middle = low + Math.floor((high - low) / 2 / MINUTE) * MINUTE;
      if (offsetAt(middle) === before) low = middle;
      else high = middle;
    }
    gaps.push({ from: high + before, to: high + after });
  }
  return gaps;
}

/** How far the local clock is ahead of UTC at a time, in milliseconds. */
function offsets(timezone: string): (at: number) => number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: timezone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  });
  return (at) => {
    const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
    const [year, month, day, hour, minute] = (['year', 'month', 'day', 'hour', 'minute'] as const).map(
      (part) => parts.get(part)!,
    );
    return Date.UTC(year!, month! - 1, day, hour, minute) - at;
  };
}
