import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';

/* An invented package as PyPI has it: the same forms as Kombo's, with other contents. */

const BLOCK = 512;

/** One entry of a tar archive. */
export function tarEntry(name: string, content: string, type = '0'): Buffer {
  const header = Buffer.alloc(BLOCK);
  header.write(name.slice(0, 100), 0);
  header.write(Buffer.byteLength(content).toString(8).padStart(11, '0'), 124);
  header.write(type, 156);
  header.write('ustar', 257);
  const body = Buffer.alloc(Math.ceil(Buffer.byteLength(content) / BLOCK) * BLOCK);
  body.write(content);
  return Buffer.concat([header, body]);
}

export const tarOf = (...entries: Buffer[]) => Buffer.concat([...entries, Buffer.alloc(2 * BLOCK)]);

interface List {
  operation: string;
  path: string;
  parameters: readonly string[];
  /** Declarations of the record's fields, one line each. */
  fields: readonly string[];
}

const indented = (lines: readonly string[]) => lines.map((line) => `    ${line}\n`).join('\n');

const modelsOf = ({ operation, parameters, fields }: List) => `
class ${operation}RequestTypedDict(TypedDict):
    cursor: NotRequired[str]


class ${operation}Request(BaseModel):
    r"""Asks.

class NotThere(BaseModel):
    not_a_field: str
    """

${indented(parameters.map((name) => `${name}: Annotated[\n        Optional[str],\n        FieldMetadata(query=QueryParamMetadata(style="form", explode=True)),\n    ] = None\n    r"""Says ${name}."""`))}

class ${operation}PositiveResponseResult(BaseModel):
${indented(fields)}
    @model_serializer(mode="wrap")
    def serialize_model(self, handler):
        return handler(self)


class ${operation}PositiveResponseData(BaseModel):
    next: Nullable[str]

    results: List[${operation}PositiveResponseResult]


class ${operation}PositiveResponse(BaseModel):
    data: ${operation}PositiveResponseData

    status: Annotated[
        Literal["success"],
        pydantic.Field(alias="status"),
    ] = "success"
`;

const operationOf = ({ operation, path }: List) => `
        request = models.${operation}Request(
            cursor=cursor,
        )

        req = self._build_request(
            method="GET",
            path="${path}",
            request=request,
        )

        http_res = self.do_request(
            hook_ctx=HookContext(
                operation_id="${operation}",
            ),
        )
`;

const webhookOf = (models: readonly string[]) => `
DataChangedWebhookPayloadType = Literal["data-changed",]


Name = Literal[
${models.map((name) => `    "${name}",\n`).join('')}]


class ChangedModel(BaseModel):
    name: Name
`;

/** The sources of a package, by their paths. */
export function sourcesOf(lists: readonly List[], models: readonly string[], more = ''): Map<string, string> {
  const root = 'kombo-9.8.7/src/kombo';
  return new Map([
    [`${root}/hris.py`, `class Hris(BaseSDK):\n${lists.map(operationOf).join('')}`],
    [`${root}/models/lists.py`, lists.map(modelsOf).join('') + more],
    [`${root}/models/datachangedwebhookpayload.py`, webhookOf(models)],
    [`${root}/models/other.py`, 'Name = Literal["not_a_model",]\n'],
  ]);
}

/** The archive of a package, and its entry in an index. */
export function packageOf(sources: ReadonlyMap<string, string>) {
  const archive = gzipSync(tarOf(...[...sources].map(([name, text]) => tarEntry(name, text))));
  const source = {
    packagetype: 'sdist',
    url: '../files/kombo-9.8.7.tar.gz',
    upload_time_iso_8601: '2027-01-02T03:04:05.000Z',
    digests: { sha256: createHash('sha256').update(archive).digest('hex') },
  };
  return { archive, index: { info: { version: '9.8.7' }, urls: [source] } };
}
