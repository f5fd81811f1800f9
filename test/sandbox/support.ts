import { onTestFinished } from 'vitest';
import { createSandbox, DEFAULT_API_KEY, type Sandbox, type SandboxOptions } from '../../sandbox/index.ts';
import type { KnownCategory } from '../../src/domain/catalogue/index.ts';

export const IDS: Record<KnownCategory, string> = {
  ATS: 'test:ats',
  HRIS: 'test:hris',
  LMS: 'test:lms',
  ASSESSMENT: 'test:assessment',
};

/** A sandbox with one integration of each category, closed after the test. */
export function testSandbox(options: SandboxOptions = {}): Sandbox {
  const integrations = (Object.keys(IDS) as KnownCategory[]).map((category) => ({
    id: IDS[category],
    category,
  }));
  const sandbox = createSandbox({ integrations, ...options });
  onTestFinished(() => sandbox.close());
  return sandbox;
}

/** A clock that stands still until a test moves it. */
export function testClock(start = '2026-06-01T12:00:00.000Z'): {
  now: () => Date;
  advance(ms: number): void;
} {
  let time = Date.parse(start);
  return { now: () => new Date(time), advance: (ms) => (time += ms) };
}

type Row = Record<string, unknown> & { id: string; changed_at: string };

export interface Answer {
  status: number;
  headers: Record<string, unknown>;
  text: string;
  body: {
    status: string;
    data: { next: string | null; results: Row[] };
    error: { code: string; message: string };
  };
}

/** `path` is below `/v1`. Without an integration, the header is left out. */
export async function get(
  sandbox: Sandbox,
  integrationId: string | undefined,
  path: string,
  query: Record<string, string> = {},
): Promise<Answer> {
  const headers: Record<string, string> = { authorization: `Bearer ${DEFAULT_API_KEY}` };
  if (integrationId !== undefined) headers['x-integration-id'] = integrationId;
  const response = await sandbox.app.inject({ url: `/v1${path}`, query, headers });
  let body: Answer['body'] | undefined;
  try {
    body = JSON.parse(response.payload) as Answer['body'];
  } catch {
    // Some answers are not JSON on purpose. Their tests look at the text.
  }
  return { status: response.statusCode, headers: response.headers, text: response.payload, body: body! };
}

/** All pages. */
export async function readAll(
  sandbox: Sandbox,
  integrationId: string,
  path: string,
  query: Record<string, string> = {},
): Promise<Row[]> {
  const rows: Row[] = [];
  let cursor: string | null = null;
  do {
    const { body } = await get(sandbox, integrationId, path, cursor ? { ...query, cursor } : query);
    rows.push(...body.data.results);
    cursor = body.data.next;
  } while (cursor !== null);
  return rows;
}
