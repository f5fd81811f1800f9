import type { Category } from '../../src/domain/catalogue/index.ts';
import { ASSESSMENT_MODELS } from './assessment.ts';
import { ATS_PEOPLE } from './ats-people.ts';
import { ATS_PIPELINE } from './ats.ts';
import type { LinkDefinition, ModelDefinition } from './define.ts';
import { HRIS_PEOPLE } from './hris-people.ts';
import { HRIS_WORK } from './hris-work.ts';
import { LMS_MODELS } from './lms.ts';

export type { Fields, LinkDefinition, ModelDefinition, RecordReader } from './define.ts';

const MODELS: ReadonlyMap<string, ModelDefinition> = new Map(
  [...ATS_PIPELINE, ...ATS_PEOPLE, ...HRIS_PEOPLE, ...HRIS_WORK, ...LMS_MODELS, ...ASSESSMENT_MODELS].map(
    (model) => [model.name, model],
  ),
);

/** Tables whose records are those of a model with another name. */
const MODEL_BY_TABLE: ReadonlyMap<string, string> = new Map([
  ['hris_groups', 'hris_teams'],
  ['assessment_orders_open', 'assessment_orders'],
]);

/** The model behind a table or model name. @throws RangeError for a name that is neither. */
export function modelOf(name: string): ModelDefinition {
  const model = MODELS.get(MODEL_BY_TABLE.get(name) ?? name);
  if (!model) throw new RangeError(`The sandbox has no table or model ${name}.`);
  return model;
}

export function modelsOf(category: Category): ModelDefinition[] {
  return [...MODELS.values()].filter((model) => model.category === category);
}

export interface NamedLink {
  readonly from: string;
  readonly name: string;
  readonly link: LinkDefinition;
}

/** The links that point from one model to another. */
export function linksBetween(from: string, to: string): NamedLink[] {
  return Object.entries(modelOf(from).links ?? {})
    .filter(([, link]) => link.to === to)
    .map(([name, link]) => ({ from, name, link }));
}

/** The link whose membership a webhook names as `join`. */
export function linkOfJoin(join: string): NamedLink | undefined {
  for (const model of MODELS.values()) {
    for (const [name, link] of Object.entries(model.links ?? {})) {
      if (link.join === join) return { from: model.name, name, link };
    }
  }
  return undefined;
}
