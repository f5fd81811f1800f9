/** As much of an OpenAPI document as is looked at here. */
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

/** Puts right what the generators of the document cannot know. */
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

/** Each schema comes twice, as what is sent and as what is received; most are needed in one of these forms. */
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

/** Answers may get further fields in a later version; a client that is made from the document must not choke on them. */
function letGrow(part: unknown): void {
  if (typeof part !== 'object' || part === null) return;
  if ('additionalProperties' in part && part.additionalProperties === false) delete part.additionalProperties;
  for (const inner of Object.values(part)) letGrow(inner);
}

/** The generator leaves the default of what is turned from text into something else away, so it comes by a name of our own. */
function sayDefault(part: unknown): void {
  if (typeof part !== 'object' || part === null) return;
  for (const inner of Object.values(part)) sayDefault(inner);
  if (!('x-default' in part)) return;
  Object.assign(part, { default: part['x-default'] });
  delete part['x-default'];
}

/** A body that may be null may be left out, which is how the document says it. */
function letLeaveOut(body: Operation['requestBody']): void {
  const json = body?.content?.['application/json'];
  const given = json?.schema?.anyOf?.filter(({ type }) => type !== 'null');
  if (!body || !json || given?.length !== 1) return;
  body.required = false;
  json.schema = given[0] as BodySchema;
}
