/** The time zone that a text names, or that it names none. */
export type TimeZone =
  | { name: string }
  /** What to write instead, if that is known. */
  | { wrong: string | undefined };

/** A link of the time zone database, for example Asia/Kolkata, as it is spelled there. */
const SPELLED_LINK =
  /^(Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Brazil|Canada|Chile|Etc|Europe|Indian|Mexico|Pacific|US)(\/[A-Z][a-z]+([_-]([A-Z][a-z]+|de|es|of|au))*)+$/;

const OFFSET = /^(?:UTC|GMT)?([+-])(\d{1,2})(?::?(\d{2}))?$/i;

/**
 * Reads the name of a time zone as Temporal's server expects it: exactly as in the time zone database. Node ignores
 * case and accepts offsets too. This corrects the case of a name and refuses an offset.
 */
export function readTimeZone(text: string): TimeZone {
  const [, sign, hours, minutes = '00'] = OFFSET.exec(text) ?? [];
  if (hours !== undefined) {
    // The time zone database counts westwards.
    const isWhole = minutes === '00' && Number(hours) <= 12;
    return { wrong: isWhole ? `Etc/GMT${sign === '+' ? '-' : '+'}${Number(hours)}` : undefined };
  }
  const known = resolve(text);
  if (known === undefined) return { wrong: undefined };
  // A name that Node maps to another one stays if its spelling is certainly right: not every server has both.
  return { name: known.toLowerCase() !== text.toLowerCase() && SPELLED_LINK.test(text) ? text : known };
}

function resolve(text: string): string | undefined {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}
