import { createHmac } from 'node:crypto';

interface CursorContent {
  integrationId: string;
  path: string;
  /** The next page begins after this position. */
  after: number;
}

/** Opaque to clients. It says where to continue, but nothing about filters: clients send them with every page. */
export function encodeCursor(seed: number, content: CursorContent): string {
  const text = JSON.stringify([content.integrationId, content.path, content.after]);
  return Buffer.from(`${seal(seed, text)}${text}`).toString('base64url');
}

/** The position of a cursor, or undefined if it is not a cursor of this endpoint and integration. */
export function decodeCursor(
  seed: number,
  cursor: string,
  expected: { integrationId: string; path: string },
): number | undefined {
  const content = Buffer.from(cursor, 'base64url').toString();
  const text = content.slice(SEAL_LENGTH);
  if (content.slice(0, SEAL_LENGTH) !== seal(seed, text)) return undefined;
  const [integrationId, path, after] = JSON.parse(text) as [string, string, number];
  return integrationId === expected.integrationId && path === expected.path ? after : undefined;
}

const SEAL_LENGTH = 12;

function seal(seed: number, text: string): string {
  return createHmac('sha256', `cursor ${seed}`).update(text).digest('base64url').slice(0, SEAL_LENGTH);
}
