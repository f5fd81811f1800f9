import { z } from 'zod';
import type { SettingIssue } from '../config-error.ts';
import { list, parsed } from '../config-values.ts';
import { endpointsWith } from '../domain/catalogue/index.ts';
import { readChoice, type FieldChoice } from '../domain/fields/choice.ts';
import { isGuessable, Secret } from '../secret.ts';

const names = () => z.string().default('').transform(list);

export const FIELD_SETTINGS = {
  EXCLUDE_FIELDS: names().describe(
    'Values that are never stored, comma-separated: `hris_employees.ssn`, `hris_employees.home_address.street_1`, `*.remote_data`, `@sensitive`',
  ),
  HASH_FIELDS: names().describe('Values of which a keyed hash is stored instead, written in the same way'),
  HASH_KEY: z
    .string()
    .transform(
      parsed((text) => (text.length >= 32 && !isGuessable(text) ? new Secret(text) : undefined), {
        problem: 'is shorter than 32 characters or easy to guess, so that hashes could be tried out',
        remedy: 'make one with: openssl rand -hex 32',
      }),
    )
    .optional()
    .describe('Key of these hashes, 32 characters or more; the same value has the same hash in every table'),
} as const;

interface Named {
  EXCLUDE_FIELDS: readonly string[];
  HASH_FIELDS: readonly string[];
  EXTRA_ENDPOINTS: readonly string[];
}

function read({ EXCLUDE_FIELDS: exclude, HASH_FIELDS: hash, EXTRA_ENDPOINTS: extra }: Named) {
  return readChoice({ exclude, hash }, endpointsWith(extra));
}

/** The choice of settings that were checked before. */
export const fieldChoice = (config: Named): FieldChoice => read(config).choice;

/** What is wrong with the names, and which settings do not go together. */
export function problemsOfFields(config: Named & { HASH_KEY?: Secret | undefined }): SettingIssue[] {
  const { choice, wrong } = read(config);
  const issues: SettingIssue[] = wrong.map(({ treatment, problem, remedy }) => ({
    name: treatment === 'exclude' ? 'EXCLUDE_FIELDS' : 'HASH_FIELDS',
    problem,
    remedy,
  }));
  if (choice.rules.some(({ treatment }) => treatment === 'hash') && !config.HASH_KEY) {
    issues.push({
      name: 'HASH_KEY',
      problem: 'is missing, and HASH_FIELDS needs it',
      remedy: 'make one with: openssl rand -hex 32',
    });
  }
  return issues;
}
