import { z } from 'zod';
import type { SettingIssue } from '../config-error.ts';
import { list, otherwise } from '../config-values.ts';
import { CATEGORIES, endpointsWith } from '../domain/catalogue/index.ts';
import { NO_CHOICE, selectEndpoints, type EndpointSettings } from '../domain/choice.ts';
import { wrongNames, wrongNamesText } from '../domain/model-names.ts';

const EXAMPLE = 'ats_*,hris_employees';

const namesSomething = otherwise({
  problem: 'names no model',
  remedy: 'write one or several',
  example: EXAMPLE,
});

/** Which models are read. */
export const MODEL_SETTINGS = {
  MODELS: z
    .string()
    .default('*')
    .refine((value) => list(value).length > 0, namesSomething)
    .transform((value) => (list(value).includes('*') ? null : list(value)))
    .describe('Models or tables to read, comma-separated; `*` stands for any text'),
  EXCLUDE_MODELS: z
    .string()
    .default('')
    .transform(list)
    .describe('Models or tables that are never read, comma-separated; `*` stands for any text'),
} as const;

/** What is wrong with the choice: a name matches nothing, or nothing is left to read. */
export function problemsOfModels(settings: EndpointSettings): SettingIssue[] {
  const { MODELS, EXCLUDE_MODELS } = settings;
  const issues = Object.entries({ MODELS: MODELS ?? [], EXCLUDE_MODELS }).flatMap(([name, names]) => {
    const wrong = wrongNames(names, endpointsWith(settings.EXTRA_ENDPOINTS));
    if (wrong.length === 0) return [];
    const problem = `names ${wrongNamesText(wrong)}, which picks no model or table`;
    return [{ name, problem, remedy: 'correct it', example: EXAMPLE }];
  });
  if (issues.length > 0) return issues;
  const reads = CATEGORIES.some(
    (category) => selectEndpoints({ category, ...NO_CHOICE }, settings).read.length > 0,
  );
  if (reads) return [];
  const name = MODELS === null ? 'EXCLUDE_MODELS' : 'MODELS';
  const remedy = 'choose more; what is deprecated or in closed beta needs EXTRA_ENDPOINTS, too';
  return [{ name, problem: 'leaves nothing to read', remedy }];
}
