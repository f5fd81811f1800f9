/** Names of the schemas in Postgres, as the settings DATA_SCHEMA and SERVICE_SCHEMA have them. */
export interface Schemas {
  data: string;
  service: string;
}

export const STANDARD_SCHEMAS: Schemas = { data: 'kombo', service: 'kombo_sync' };

/** The schema of the live views, beside the one of the data. */
export function liveSchema(data: string): string {
  return `${data}_live`;
}

/**
 * Statements are written with the standard names. This puts the names of the settings in their place, where a schema
 * stands: before a dot, or after the word `schema`. Statements hold no values, so nothing else can look like that.
 */
export function translator({ data, service }: Schemas): (statement: string) => string {
  if (data === STANDARD_SCHEMAS.data && service === STANDARD_SCHEMAS.service) return (statement) => statement;
  const names: Record<string, string> = { kombo: data, kombo_sync: service, kombo_live: liveSchema(data) };
  return (statement) => statement.replace(SCHEMA, (name) => names[name]!);
}

const SCHEMA = /\bkombo(?:_sync|_live)?(?="?\.)|(?<=\bschema "?)kombo(?:_sync|_live)?\b/g;
