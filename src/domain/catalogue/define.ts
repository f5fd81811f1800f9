/** Kombo's four categories: https://docs.kombo.dev/webhooks */
export const CATEGORIES = ['ATS', 'HRIS', 'LMS', 'ASSESSMENT'] as const;
export type KnownCategory = (typeof CATEGORIES)[number];

/** The category of an integration. Nothing is read of one that this version does not know. */
export type Category = KnownCategory | (string & {});

/** The Postgres type of a documented field. Nested objects and lists are `jsonb`. */
export type ColumnType = 'text' | 'timestamptz' | 'numeric' | 'boolean' | 'jsonb';

/**
 * How an endpoint holds a model that a `data-changed` webhook can name.
 *
 * - `own`: the records of the endpoint are the model's records.
 * - `delta`: the model is nested, and a change of it makes the parent come back with `updated_after`.
 * - `full`: the model lives here and nowhere else, and only a full pass shows its changes.
 * - `embedded`: a copy that no delta refreshes; the model has an endpoint of its own, join with that.
 */
export type ModelRelation = 'own' | 'delta' | 'full' | 'embedded';

/** What a delta pass can ask for: everything changed since, only what was created since, or nothing. */
export type DeltaFilter = 'updated_after' | 'created_after' | 'none';

/** Why you may not want to hold a value. `@sensitive` names all fields that have one of these. */
export type Sensitivity =
  | 'identity number'
  | 'bank account'
  | 'birth date'
  | 'private address'
  | 'salary'
  | 'demographic answer'
  | 'copy of anything';

export interface EndpointDefinition {
  /** Path below the API's base address, as `/ats/applications`. */
  readonly path: string;
  readonly category: KnownCategory;
  /** Table in schema `kombo`, as `ats_applications`. */
  readonly table: string;
  /**
   * All but `current` endpoints are read only when EXTRA_ENDPOINTS names them. This version knows nothing of an `unknown` one
   * but its path.
   */
  readonly status: 'current' | 'deprecated' | 'closed-beta' | 'unknown';
  /** So new at Kombo that a refusal without a known code means that it is not offered. */
  readonly isNew: boolean;
  readonly delta: DeltaFilter;
  readonly includeDeleted: boolean;
  readonly paginated: boolean;
  /** Whether `ids` asks for single records; without it a sweep lists everything a second time. */
  readonly byIds: boolean;
  readonly models: Readonly<Record<string, ModelRelation>>;
  /** The model that its records are of; the table's name where Kombo has no name for it. */
  readonly records: string;
  /** Documented fields beside `id`, `changed_at` and `remote_deleted_at`, which every table has. */
  readonly fields: Readonly<Record<string, ColumnType>>;
  /** Fields that people may not want to hold; `line_items.amount` names the part of a nested one. */
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
    // The tool's own record may repeat any of the others under another name.
    sensitive: {
      ...('remote_data' in input.fields ? { remote_data: 'copy of anything' } : {}),
      ...input.sensitive,
    },
    category: prefix!.toUpperCase() as KnownCategory,
    table,
  };
}
