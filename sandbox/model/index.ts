import { CATALOGUE, type Category, type EndpointDefinition } from '../../src/domain/catalogue/index.ts';
import { ASSESSMENT_DETAILS } from './assessment.ts';
import { ATS_DETAILS } from './ats.ts';
import { Models } from './complete.ts';
import type { LinkDefinition, ModelDefinition } from './define.ts';
import { HRIS_DETAILS } from './hris.ts';
import { LMS_DETAILS } from './lms.ts';

export type { Fields, LinkDefinition, ModelDefinition, RecordReader } from './define.ts';

const DETAILS = { ...ATS_DETAILS, ...HRIS_DETAILS, ...LMS_DETAILS, ...ASSESSMENT_DETAILS };

let models = new Models(CATALOGUE, DETAILS);
const added = new Map<string, EndpointDefinition>();

/** Makes the model of an endpoint outside the catalogue. It depends only on the path, so all sandboxes share it. */
export function addModel(endpoint: EndpointDefinition): void {
  if (added.has(endpoint.path)) return;
  added.set(endpoint.path, endpoint);
  models = new Models([...CATALOGUE, ...added.values()], DETAILS);
}

/** The model for a table name or model name. @throws RangeError for any other name. */
export function modelOf(name: string): ModelDefinition {
  const model = models.find(name);
  if (!model) throw new RangeError(`The sandbox has no table or model ${name}.`);
  return model;
}

export function modelsOf(category: Category): ModelDefinition[] {
  return [...models.byName.values()].filter((model) => model.category === category);
}

export interface NamedLink {
  readonly from: string;
  readonly name: string;
  readonly link: LinkDefinition;
}

/** The links that point from one model to another. */
export function linksBetween(from: string, to: string): NamedLink[] {
  return Object.entries(modelOf(from).links)
    .filter(([, link]) => link.to === to)
    .map(([name, link]) => ({ from, name, link }));
}

/** The link whose membership webhooks call `join`. */
export function linkOfJoin(join: string): NamedLink | undefined {
  for (const model of models.byName.values()) {
    for (const [name, link] of Object.entries(model.links)) {
      if (link.join === join) return { from: model.name, name, link };
    }
  }
  return undefined;
}
