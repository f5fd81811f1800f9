/** As much of an OpenAPI document as is looked at here. */
interface Document {
  paths?: Record<string, object | undefined>;
  components?: { schemas?: Record<string, unknown> };
}

interface Operation {
  requestBody?: { required?: boolean; content?: Record<string, { schema?: { nullable?: boolean } }> };
  responses?: unknown;
}

/** Puts right what the generators of the document cannot know. */
export function tidy<T extends Document>(document: T): T {
  const schemas = withoutUnused(document);
  sayNull([schemas, document.paths]);
  sayDefault(document.paths);
  for (const schema of Object.values(schemas)) letGrow(schema);
  for (const path of Object.values(document.paths ?? {})) {
    for (const operation of Object.values(path ?? {}) as Operation[]) {
      letGrow(operation.responses);
      const { requestBody } = operation;
      const body = requestBody?.content?.['application/json']?.schema;
      if (requestBody && body?.nullable) requestBody.required = false;
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

/** Null and nothing else, as OpenAPI 3.0 says it: `nullable` needs a type beside it. */
const NULL = { type: 'object', nullable: true, enum: [null] };

/** `nullable` allows null to the `type` beside it, and to nothing else: an `enum` and what is referred to still refuse it. */
function sayNull(part: unknown): void {
  if (typeof part !== 'object' || part === null) return;
  for (const inner of Object.values(part)) sayNull(inner);
  if (!('nullable' in part) || part.nullable !== true) return;
  if ('enum' in part && Array.isArray(part.enum) && !part.enum.includes(null))
    part.enum = [...part.enum, null];
  if ('allOf' in part && Array.isArray(part.allOf)) {
    Object.assign(part, { anyOf: [...part.allOf, NULL] });
    delete part.allOf;
    delete part.nullable;
  }
}
