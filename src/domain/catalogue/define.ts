/** Kombo's four categories: https://docs.kombo.dev/webhooks */
export const CATEGORIES = ['ATS', 'HRIS', 'LMS', 'ASSESSMENT'] as const;
export type KnownCategory = (typeof CATEGORIES)[number];

/** The category of an integration. An integration of an unknown category is not read. */
export type Category = KnownCategory | (string & {});

/** The Postgres type of a documented field. Nested objects and lists are `jsonb`. */
export type ColumnType = 'text' | 'timestamptz' | 'numeric' | 'boolean' | 'jsonb';

/**
 * How an endpoint holds a model that a `data-changed` webhook can name.
 *
 * - `own`: the endpoint lists the records of the model.
 * - `delta`: the model is nested, and `updated_after` returns the parent when it changes.
 * - `full`: the model is nested only here, and only a full pass shows its changes.
 * - `embedded`: a nested copy that no delta refreshes. The model has its own endpoint: join with its table.
 */
export type ModelRelation = 'own' | 'delta' | 'full' | 'embedded';

/** What a delta can ask for: changed records, only new records, or nothing. */
export type DeltaFilter = 'updated_after' | 'created_after' | 'none';

/** Why you may not want to store a value. `@sensitive` names all fields that have one of these. */
export type Sensitivity =
  | 'identity number'
  | 'bank account'
  | 'birth date'
  | 'private address'
  | 'salary'
  | 'demographic answer'
  | 'copy of anything';

export interface EndpointDefinition {
  /** Path below the base URL of the API, for example `/ats/applications`. */
  readonly path: string;
  readonly category: KnownCategory;
  /** Table in the schema of the data, for example `ats_applications`. */
  readonly table: string;
  /** All but `current` are read only if EXTRA_ENDPOINTS names them. Of an `unknown` one, only the path is known. */
  readonly status: 'current' | 'deprecated' | 'closed-beta' | 'unknown';
  /** So new at Kombo that a refusal without a known code means "not offered". */
  readonly isNew: boolean;
  readonly delta: DeltaFilter;
  readonly includeDeleted: boolean;
  readonly paginated: boolean;
  /** Whether `ids` can ask for single records. If not, a sweep lists everything a second time. */
  readonly byIds: boolean;
  readonly models: Readonly<Record<string, ModelRelation>>;
  /** The model of its records; the name of the table if Kombo has no name for the model. */
  readonly records: string;
  /** Documented fields besides `id`, `changed_at` and `remote_deleted_at`, which every table has. */
  readonly fields: Readonly<Record<string, ColumnType>>;
  /** Fields that you may not want to store; `line_items.amount` names a part of a nested one. */
  readonly sensitive: Readonly<Record<string, Sensitivity>>;
}

type EndpointInput = Pick<EndpointDefinition, 'path' | 'models' | 'fields'> &
  Partial<
    Pick<
      EndpointDefinition,
      'status' | 'isNew' | 'delta' | 'includeDeleted' | 'paginated' | 'byIds' | 'records' | 'sensitive'
    >
  >;

export function defineEndpoint(input: EndpointInput): EndpointDefinition {
  const [, prefix, ...rest] = input.path.split('/');
  const table = [prefix, ...rest].join('_').replaceAll('-', '_');
  return {
    status: 'current',
    isNew: false,
    delta: 'updated_after',
    includeDeleted: true,
    paginated: true,
    byIds: true,
    records: Object.keys(input.models).find((model) => input.models[model] === 'own') ?? table,
    ...input,
    // The tool's own record may repeat any other field under another name.
    sensitive: {
      ...('remote_data' in input.fields ? { remote_data: 'copy of anything' } : {}),
      ...input.sensitive,
    },
    category: prefix!.toUpperCase() as KnownCategory,
    table,
  };
}
