/** What a text is as the name of a time zone. */
export type TimeZone =
  | { name: string }
  /** What to write instead, where that is known. */
  | { wrong: string | undefined };

/** A link of the time zone database, such as Asia/Kolkata, in the spelling that it has there. */
const SPELLED_LINK =
  /^(Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Brazil|Canada|Chile|Etc|Europe|Indian|Mexico|Pacific|US)(\/[A-Z][a-z]+([_-]([A-Z][a-z]+|de|es|of|au))*)+$/;

const OFFSET = /^(?:UTC|GMT)?([+-])(\d{1,2})(?::?(\d{2}))?$/i;

/**
 * Reads the name of a time zone as Temporal's server takes it, which looks it up in the time zone database letter by letter.
 * Node takes names in capitals and small letters alike, and offsets besides. A name that is only written otherwise is put
 * right; an offset is none.
 */
export function readTimeZone(text: string): TimeZone {
  const [, sign, hours, minutes = '00'] = OFFSET.exec(text) ?? [];
  if (hours !== undefined) {
    // The database counts to the west.
    const isWhole = minutes === '00' && Number(hours) <= 12;
    return { wrong: isWhole ? `Etc/GMT${sign === '+' ? '-' : '+'}${Number(hours)}` : undefined };
  }
  const known = resolve(text);
  if (known === undefined) return { wrong: undefined };
  // What Node knows under another name keeps its own, where the spelling is right beyond doubt: not every server has both.
  return { name: known.toLowerCase() !== text.toLowerCase() && SPELLED_LINK.test(text) ? text : known };
}

function resolve(text: string): string | undefined {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}
