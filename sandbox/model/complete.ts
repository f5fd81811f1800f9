import {
  type ColumnType,
  type EndpointDefinition,
  type ModelRelation,
} from '../../src/domain/catalogue/index.ts';
import { parts } from './common.ts';
import type {
  Details,
  LinkDefinition,
  Make,
  ModelDefinition,
  ModelDetails,
  RecordReader,
  Size,
} from './define.ts';
import { makeField } from './fields.ts';

/** The model of each category that decides the sizes of the others. They have `SHARE` of it. */
const MAIN: Readonly<Record<string, string>> = {
  ats: 'ats_applications',
  hris: 'hris_employees',
  lms: 'lms_course_progressions',
  assessment: 'assessment_orders',
};
const SHARE = 0.2;
const PARTS_EACH = 2;

/** The fields of a nested copy of a record, if its model has them. */
const COPIED = ['name', 'type', 'first_name', 'last_name', 'display_full_name', 'email', 'work_email'];

interface Draft {
  readonly name: string;
  /** Empty for a model that is only nested. */
  readonly endpoints: EndpointDefinition[];
  readonly fields: Record<string, ColumnType>;
  readonly models: Record<string, ModelRelation>;
  readonly links: Record<string, LinkDefinition>;
  readonly nested: Record<string, Make>;
  readonly size: Size;
}

/**
 * All models of a catalogue. What `details` leave out follows from the names and types of the fields and from the
 * models of an endpoint: `candidate_id` points to a candidate, `tags` holds tags, and a name that no endpoint has
 * becomes a list of nested parts.
 */
export class Models {
  readonly byName: ReadonlyMap<string, ModelDefinition>;
  readonly #drafts = new Map<string, Draft>();
  readonly #tables = new Map<string, string>();

  constructor(catalogue: readonly EndpointDefinition[], details: Details) {
    for (const endpoint of catalogue) {
      const name = endpoint.records;
      this.#tables.set(endpoint.table, name);
      const { endpoints, fields, models } = this.#draft(name, details[name]);
      endpoints.push(endpoint);
      Object.assign(fields, endpoint.fields);
      Object.assign(models, endpoint.models);
    }
    for (const [name, more] of Object.entries(details)) this.#draft(name, more);
    const drafts = [...this.#drafts.values()];
    for (const draft of drafts) this.#linkIds(draft);
    for (const draft of drafts) this.#linkCopies(draft);
    for (const draft of drafts) this.#linkRest(draft);
    this.byName = new Map(
      [...this.#drafts].map(([name, draft]) => [name, complete(draft, details[name] ?? {})]),
    );
  }

  /** The model for a table name or model name. */
  find(name: string): ModelDefinition | undefined {
    return this.byName.get(this.#tables.get(name) ?? name);
  }

  #draft(name: string, { links, nested, size = usualSize(name) }: ModelDetails = {}): Draft {
    let draft = this.#drafts.get(name);
    if (!draft) {
      draft = {
        name,
        endpoints: [],
        fields: {},
        models: {},
        links: { ...links },
        nested: { ...nested },
        size,
      };
      this.#drafts.set(name, draft);
    }
    return draft;
  }

  /** The model of the same category whose table or name ends with one of the words. */
  #named({ name }: Draft, ...words: string[]): Draft | undefined {
    for (const word of words) {
      const wanted = `${prefixOf(name)}_${word}`;
      const found = this.#drafts.get(this.#tables.get(wanted) ?? wanted);
      if (found) return found;
    }
    return undefined;
  }

  #linkIds(draft: Draft): void {
    const declared = new Set(Object.values(draft.links).map(({ field }) => field));
    for (const field of Object.keys(draft.fields)) {
      const noun = /^(.+)_id$/.exec(field)?.[1];
      const target = noun && !declared.has(field) && this.#named(draft, ...plurals(noun));
      if (target) draft.links[noun] = { to: target.name, field };
    }
  }

  #linkCopies(draft: Draft): void {
    for (const field of jsonFields(draft)) {
      const some = this.#named(draft, field);
      const one = this.#named(draft, ...plurals(field));
      if (!draft.links[field] && some) {
        const join = Object.keys(draft.models).find((model) => isJoin(model, field, some.name));
        const back = Object.entries(some.links).find(([, { to }]) => to === draft.name)?.[0];
        if (join === undefined && back !== undefined) draft.nested[field] = copiesOfHolders(some, back);
        else draft.links[field] = { to: some.name, many: 2, ...(join === undefined ? {} : { join }) };
      } else if (!draft.links[field] && one) {
        draft.links[field] = { to: one.name };
      }
      const link = draft.links[field];
      const target = link && this.#drafts.get(link.to);
      if (target) draft.nested[field] = copies(field, link, target);
    }
  }

  /** Links the other models of the endpoint, so that each can change. A name without an endpoint becomes parts. */
  #linkRest(draft: Draft): void {
    for (const [name, relation] of Object.entries(draft.models)) {
      if (relation === 'own' || relation === 'embedded' || this.#linked(draft, name)) continue;
      if (this.#drafts.has(name)) {
        draft.links[name] = { to: name };
        continue;
      }
      const part = this.#draft(name, { size: { of: draft.name, share: PARTS_EACH } });
      part.fields['name'] = 'text';
      part.links['whole'] = { to: draft.name };
      const field = jsonFields(draft).find((candidate) => name.endsWith(`_${candidate}`));
      if (field !== undefined) draft.nested[field] = copiesOfHolders(part, 'whole');
    }
  }

  #linked(draft: Draft, model: string): boolean {
    const points = (from: Draft | undefined, to: string) =>
      from !== undefined && Object.values(from.links).some((link) => link.to === to);
    const joins = [...this.#drafts.values()].flatMap(({ links }) =>
      Object.values(links).map(({ join }) => join),
    );
    return points(draft, model) || points(this.#drafts.get(model), draft.name) || joins.includes(model);
  }
}

function complete(draft: Draft, details: ModelDetails): ModelDefinition {
  const { name, endpoints, fields, links, nested, size } = draft;
  const remote = endpoints.length === 0 || 'remote_id' in fields;
  const linkFields = Object.entries(links).flatMap(([link, { field }]) =>
    field === undefined ? [] : [[link, field] as const],
  );
  const known = new Set(['remote_id', ...Object.keys(nested), ...linkFields.map(([, field]) => field)]);
  const made = Object.entries(fields).filter(([field]) => !known.has(field));
  return {
    ...details,
    name,
    category: prefixOf(name).toUpperCase(),
    size,
    links,
    nested,
    linkFields,
    makes: made.map(([field, type]) => [field, makeField(name, field, type)] as const),
    documented: Object.keys(fields),
    remote,
    stamped: remote || endpoints.some(({ includeDeleted }) => includeDeleted),
  };
}

function usualSize(name: string): Size {
  const main = MAIN[prefixOf(name)];
  return main === undefined || main === name ? 20 : { of: main, share: SHARE };
}

function copies(name: string, { many }: LinkDefinition, target: Draft): Make {
  const names = copied(target);
  if (many === undefined) return (r) => r.one(name)?.part(...names) ?? null;
  return (r) => parts(r.all(name), ...names);
}

function copiesOfHolders(holder: Draft, link: string): Make {
  const names = copied(holder);
  return (r: RecordReader) => parts(r.holders(holder.name, link), ...names);
}

function copied({ fields }: Draft): string[] {
  return ['id', 'remote_id', ...COPIED.filter((field) => field in fields)];
}

/** Nested fields that nothing describes yet. */
function jsonFields({ fields, nested }: Draft): string[] {
  return Object.keys(fields).filter((field) => fields[field] === 'jsonb' && !(field in nested));
}

/** Whether the model name stands for the membership in a field: `ats_join_candidates_tags` for `tags`. */
function isJoin(name: string, field: string, target: string): boolean {
  const noun = target.slice(prefixOf(target).length + 1);
  return name.includes('_join_') && (name.endsWith(`_${field}`) || name.endsWith(`_${noun}`));
}

function prefixOf(name: string): string {
  return name.slice(0, name.indexOf('_'));
}

function plurals(noun: string): string[] {
  return [`${noun}s`, `${noun}es`, noun.replace(/y$/, 'ies')];
}
