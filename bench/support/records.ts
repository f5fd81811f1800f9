import type { ColumnType, EndpointDefinition } from '../../src/domain/catalogue/index.ts';

interface PageSpec {
  pages: number;
  size: number;
  /** A higher version gives the same ids with another body and a later changed_at. */
  version: number;
  firstId?: number;
}

/** Pages of records as JSON text, like Kombo's, with every documented field filled in. */
export function makePages(endpoint: EndpointDefinition, spec: PageSpec): string[] {
  return Array.from({ length: spec.pages }, (_, page) => {
    const first = (spec.firstId ?? 0) + page * spec.size;
    return JSON.stringify(
      Array.from({ length: spec.size }, (_unused, index) =>
        makeRecord(endpoint, first + index, spec.version),
      ),
    );
  });
}

function makeRecord(endpoint: EndpointDefinition, number: number, version: number): Record<string, unknown> {
  const record: Record<string, unknown> = {
    // Spread over the key space, like Kombo's ids.
    id: `${((number * 2_654_435_761) % 4_294_967_296).toString(36).padStart(7, '0')}${String(number).padStart(17, 'x')}`,
    changed_at: new Date(Date.UTC(2026, 0, version, 0, 0, 0, number % 1_000)).toISOString(),
    remote_deleted_at: null,
  };
  for (const [name, type] of Object.entries(endpoint.fields))
    record[name] = makeValue(name, type, number, version);
  return record;
}

function makeValue(name: string, type: ColumnType, number: number, version: number): unknown {
  switch (type) {
    case 'text':
      return `${name} ${number} v${version}`;
    case 'timestamptz':
      return '2025-05-06T07:08:09.123Z';
    case 'numeric':
      return number + 0.5;
    case 'boolean':
      return number % 2 === 0;
    case 'jsonb':
      return { id: `linked${number % 1_000}`, remote_id: String(number), name: `Some name of ${number}` };
  }
}
