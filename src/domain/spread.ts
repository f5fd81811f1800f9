/**
 * FNV-1a with the finisher of MurmurHash3, 32 bits: stable across processes and versions, and well spread in its high
 * bits if ids differ in one character.
 */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** A stable point in a window (milliseconds, 0 up to `windowMs`), so that integrations do not all start at once. */
export function spreadOffset(integrationId: string, windowMs: number): number {
  if (windowMs <= 0) return 0;
  return Math.floor((hashText(integrationId) / 0x1_0000_0000) * windowMs);
}

const DAY_MINUTES = 24 * 60;
const SIMPLE_CRON = /^(\d{1,2}) (\d{1,2}) \* \* (\*|[0-7])$/;

/**
 * Moves a cron expression by the integration's share of the spread. An expression with a fixed time and at most a
 * weekday can be moved exactly. Any other keeps its times, and Temporal's own jitter spreads the runs over the window.
 */
export function spreadCron(
  cron: string,
  integrationId: string,
  windowMs: number,
): { cron: string; jitterMs: number } {
  const match = SIMPLE_CRON.exec(cron.trim().replaceAll(/\s+/g, ' '));
  if (!match) return { cron, jitterMs: windowMs };
  const [, minute, hour, weekday] = match;
  const total =
    Number(hour) * 60 + Number(minute) + Math.floor(spreadOffset(integrationId, windowMs) / 60_000);
  const days = Math.floor(total / DAY_MINUTES);
  const moved = weekday === '*' ? '*' : String((Number(weekday) + days) % 7);
  const within = total % DAY_MINUTES;
  return { cron: `${within % 60} ${Math.floor(within / 60)} * * ${moved}`, jitterMs: 0 };
}
