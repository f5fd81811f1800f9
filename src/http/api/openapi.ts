/** The parts of an OpenAPI document that are used here. */
interface Document {
  paths?: Record<string, object | undefined>;
  components?: { schemas?: Record<string, unknown> };
}

interface BodySchema {
  anyOf?: { type?: string }[];
}

interface Operation {
  requestBody?: { required?: boolean; content?: Record<string, { schema?: BodySchema }> };
  responses?: unknown;
}

/** Corrects what the generator of the document cannot know. */
export function tidy<T extends Document>(document: T): T {
  const schemas = withoutUnused(document);
  sayDefault(document.paths);
  for (const schema of Object.values(schemas)) letGrow(schema);
  for (const path of Object.values(document.paths ?? {})) {
    for (const operation of Object.values(path ?? {}) as Operation[]) {
      letGrow(operation.responses);
      letLeaveOut(operation.requestBody);
    }
  }
  return { ...document, components: { ...document.components, schemas } };
}

/** Each schema occurs twice, for requests and for answers. Most are needed in one of these forms only. */
function withoutUnused({ paths, components }: Document): Record<string, unknown> {
  const schemas = components?.schemas ?? {};
  const used = new Set<string>();
  const follow = (part: unknown): void => {
    for (const [, name] of JSON.stringify(part ?? null).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      if (name === undefined || used.has(name)) continue;
      used.add(name);
      follow(schemas[name]);
    }
  };
  follow(paths);
  return Object.fromEntries(Object.entries(schemas).filter(([name]) => used.has(name)));
}

/** Later versions may add fields to answers, and a client generated from the document must accept them. */
function letGrow(part: unknown): void {
  if (typeof part !== 'object' || part === null) return;
  if ('additionalProperties' in part && part.additionalProperties === false) delete part.additionalProperties;
  for (const inner of Object.values(part)) letGrow(inner);
}

/** The generator omits the default of a parameter that is converted from text, so the schema has it as `x-default`. */
function sayDefault(part: unknown): void {
  if (typeof part !== 'object' || part === null) return;
  for (const inner of Object.values(part)) sayDefault(inner);
  if (!('x-default' in part)) return;
  Object.assign(part, { default: part['x-default'] });
  delete part['x-default'];
}

/** A body that may be null may be left out. The document says so by making it optional. */
function letLeaveOut(body: Operation['requestBody']): void {
  const json = body?.content?.['application/json'];
  const given = json?.schema?.anyOf?.filter(({ type }) => type !== 'null');
  if (!body || !json || given?.length !== 1) return;
  body.required = false;
  json.schema = given[0] as BodySchema;
}
