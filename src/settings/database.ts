import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import type { SettingIssue } from '../config-error.ts';
import { otherwise, parsed, type Wrong } from '../config-values.ts';
import { Secret } from '../secret.ts';
import { DatabaseUrlError, readDatabaseUrl } from './database-url.ts';

const address = () =>
  z
    .string()
    .transform((value) => new Secret(value))
    .optional();

const connections = parsed((text) => (/^[1-9]\d{0,3}$/.test(text) ? Number(text) : undefined), {
  problem: 'is not a number of connections',
  example: '20',
});

const schemaName = (standard: string, taken: readonly string[]) =>
  z
    .string()
    .default(standard)
    .refine(
      (value) => /^(?!pg_|public$)[a-z_][a-z0-9_]{0,57}$/.test(value) && !taken.includes(value),
      otherwise({
        problem: 'is not a name for a schema of its own',
        remedy: 'use lower-case letters, digits and underscores',
        example: `${standard}_eu`,
      }),
    );

export const DATABASE_SETTINGS = {
  DATABASE_URL: address().describe('Postgres 14 or newer'),
  DATABASE_DIRECT_URL: address().describe(
    'The same database without a pooler, for migrations and LISTEN; DATABASE_URL serves for these, too, without it',
  ),
  DATABASE_CA: z
    .string()
    // A variable may be limited to one line.
    .transform((value) => value.replaceAll('\\n', '\n'))
    .refine(
      isCertificate,
      otherwise({
        problem: 'is not a certificate in PEM',
        remedy: 'name its file in DATABASE_CA_FILE, or begin with -----BEGIN CERTIFICATE-----',
      }),
    )
    .optional()
    .describe("Certificate authority of Postgres's certificate, in PEM"),
  DATABASE_POOL: z
    .string()
    .default('20')
    .transform(connections)
    .describe('Connections to Postgres that each process opens at most'),
  DATA_SCHEMA: schemaName('kombo', ['kombo_sync', 'kombo_live']).describe('Schema of the data'),
  SERVICE_SCHEMA: schemaName('kombo_sync', ['kombo', 'kombo_live']).describe(
    "Schema of the service's own tables",
  ),
} as const;

function isCertificate(text: string): boolean {
  try {
    return new X509Certificate(text).subject !== undefined;
  } catch {
    return false;
  }
}

/** What is wrong with the URLs, and which settings do not go together. */
export function problemsOfDatabase(values: Readonly<Record<string, string>>): SettingIssue[] {
  const { DATABASE_CA: ca, DATA_SCHEMA: data = 'kombo', SERVICE_SCHEMA: service } = values;
  const issues = ['DATABASE_URL', 'DATABASE_DIRECT_URL'].flatMap((name): SettingIssue[] => {
    const wrong = values[name] ? wrongWith(values[name], ca) : undefined;
    return wrong ? [{ name, ...wrong }] : [];
  });
  if (service !== undefined && [data, `${data}_live`].includes(service)) {
    const problem = 'names the schema of the data';
    issues.push({ name: 'SERVICE_SCHEMA', problem, remedy: 'use another one', example: 'kombo_sync' });
  }
  return issues;
}

function wrongWith(address: string, ca: string | undefined): Wrong | undefined {
  try {
    readDatabaseUrl(address, ca);
    return undefined;
  } catch (error) {
    if (error instanceof DatabaseUrlError) return error.wrong;
    throw error;
  }
}
