import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import protobuf from 'protobufjs';
import { afterAll } from 'vitest';

/** What of OTLP a trace needs, by https://github.com/open-telemetry/opentelemetry-proto: written here, not taken from the SDK that is tried. */
const { root } = protobuf.parse(`
  syntax = "proto3";
  message Value { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; } }
  message Field { string key = 1; Value value = 2; }
  message Event { fixed64 time_unix_nano = 1; string name = 2; repeated Field attributes = 3; }
  message Status { string message = 2; int32 code = 3; }
  message Span { bytes trace_id = 1; bytes span_id = 2; bytes parent_span_id = 4; string name = 5;
    fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8; repeated Field attributes = 9;
    repeated Event events = 11; Status status = 15; }
  message ScopeSpans { repeated Span spans = 2; }
  message Resource { repeated Field attributes = 1; }
  message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
  message Request { repeated ResourceSpans resource_spans = 1; }
`);
const Request = root.lookupType('Request');

interface Field {
  key: string;
  value: Record<string, string | number | boolean>;
}

interface Sent {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes?: Field[];
}

interface Decoded {
  resourceSpans?: {
    resource?: { attributes?: Field[] };
    scopeSpans?: { spans?: Sent[] }[];
  }[];
}

export interface SeenSpan {
  name: string;
  traceId: string;
  id: string;
  parentId: string;
  startMs: number;
  endMs: number;
  attributes: Record<string, unknown>;
  resource: Record<string, unknown>;
  /** All of it, as it came. */
  text: string;
}

const fieldsOf = (fields: Field[] = []) =>
  Object.fromEntries(fields.map(({ key, value }) => [key, Object.values(value)[0]]));

/** A collector that takes OTLP by HTTP, in protobuf. It closes at the end of the test file. */
export async function startCollector() {
  const spans: SeenSpan[] = [];
  const collector = await openCollector((sent) => spans.push(...sent));
  afterAll(collector.close);
  return { ...collector, spans };
}

/** The same for scripts, which close it themselves and keep of the spans what they need. */
export async function openCollector(take: (spans: SeenSpan[]) => void) {
  const paths = new Set<string>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      paths.add(`${request.method} ${request.url} ${request.headers['content-type']}`);
      const sent = Buffer.concat(chunks);
      take(decode(request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent));
      response.writeHead(200).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    paths,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function decode(bytes: Buffer): SeenSpan[] {
  const message = Request.toObject(Request.decode(bytes), { bytes: String, longs: String }) as Decoded;
  return (message.resourceSpans ?? []).flatMap(({ resource, scopeSpans = [] }) =>
    scopeSpans
      .flatMap(({ spans = [] }) => spans)
      .map((span) => ({
        name: span.name,
        traceId: span.traceId,
        id: span.spanId,
        parentId: span.parentSpanId ?? '',
        startMs: Number(BigInt(span.startTimeUnixNano) / 1_000_000n),
        endMs: Number(BigInt(span.endTimeUnixNano) / 1_000_000n),
        attributes: fieldsOf(span.attributes),
        resource: fieldsOf(resource?.attributes),
        text: JSON.stringify(span),
      })),
  );
}
