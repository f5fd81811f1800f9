import { cleanLine, cleanText, isIntegrationId, isName } from './text.ts';
import { parseTimestamp } from './timestamp.ts';

/** A problem that Kombo's webhooks report: text for you, never data. */
export interface Issue {
  id: string;
  /** Null if it is about the whole environment. */
  integrationId: string | null;
  /** For example `integration.authentication_failed`; the list is open. */
  type: string;
  title: string;
  /** Shown as plain text, although Kombo sends Markdown. */
  message: string;
  /** When this episode began (ISO). */
  firstObservedAt: string;
  /** Null while it is open (ISO). */
  resolvedAt: string | null;
}

const MAX_MESSAGE = 2_000;
/** Allows for clocks that differ. A time far in the future would hide all later episodes. */
const MAX_AHEAD_MS = 24 * 3_600_000;

/**
 * The newer of two versions of an issue: that of the later episode, and within an episode the resolved one. So late,
 * repeated and reordered webhooks have the same result.
 */
export function newerIssue(a: Issue | undefined, b: Issue): Issue {
  if (!a) return b;
  if (a.firstObservedAt !== b.firstObservedAt) return a.firstObservedAt > b.firstObservedAt ? a : b;
  return (a.resolvedAt ?? '') >= (b.resolvedAt ?? '') ? a : b;
}

/**
 * The issue in a webhook or a message, with texts that are safe to show and times at most a day in the future.
 * Undefined without a usable id.
 */
export function readIssue(value: unknown, now: Date): Issue | undefined {
  const { id, integrationId, type, title, message, firstObservedAt, resolvedAt } = (value ?? {}) as Record<
    string,
    unknown
  >;
  if (!isIntegrationId(id)) return undefined;
  const text = (given: unknown) => (typeof given === 'string' ? given : '');
  const time = (given: unknown) => {
    const parsed = parseTimestamp(text(given));
    return parsed && new Date(Math.min(parsed.getTime(), now.getTime() + MAX_AHEAD_MS)).toISOString();
  };
  return {
    id,
    integrationId: isIntegrationId(integrationId) ? integrationId : null,
    type: isName(type) ? type : 'unknown',
    title: cleanLine(text(title)) || 'Issue without a title',
    message: cleanText(text(message), MAX_MESSAGE),
    firstObservedAt: time(firstObservedAt) ?? now.toISOString(),
    resolvedAt: time(resolvedAt) ?? null,
  };
}
