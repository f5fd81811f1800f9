/** Names of the schemas in Postgres, from the settings DATA_SCHEMA and SERVICE_SCHEMA. */
export interface Schemas {
  data: string;
  service: string;
}

export const STANDARD_SCHEMAS: Schemas = { data: 'kombo', service: 'kombo_sync' };

/** The schema of the live views, which belongs to the schema of the data. */
export function liveSchema(data: string): string {
  return `${data}_live`;
}

/**
 * Statements are written with the standard names. This replaces them by the names in the settings wherever a schema is
 * named: before a dot, or after the word `schema`. Statements contain no values, so nothing else can look like a
 * schema.
 */
export function translator({ data, service }: Schemas): (statement: string) => string {
  if (data === STANDARD_SCHEMAS.data && service === STANDARD_SCHEMAS.service) return (statement) => statement;
  const names: Record<string, string> = { kombo: data, kombo_sync: service, kombo_live: liveSchema(data) };
  return (statement) => statement.replace(SCHEMA, (name) => names[name]!);
}

const SCHEMA = /\bkombo(?:_sync|_live)?(?="?\.)|(?<=\bschema "?)kombo(?:_sync|_live)?\b/g;
