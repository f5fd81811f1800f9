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
  /** Documented fields beside `id`, `changed_at` and `remote_deleted_at`, which every table has. */
  readonly fields: Readonly<Record<string, ColumnType>>;
}

type EndpointInput = Pick<EndpointDefinition, 'path' | 'models' | 'fields'> &
  Partial<Pick<EndpointDefinition, 'status' | 'isNew' | 'delta' | 'includeDeleted' | 'paginated' | 'byIds'>>;

export function defineEndpoint(input: EndpointInput): EndpointDefinition {
  const [, prefix, ...rest] = input.path.split('/');
  return {
    status: 'current',
    isNew: false,
    delta: 'updated_after',
    includeDeleted: true,
    paginated: true,
    byIds: true,
    ...input,
    category: prefix!.toUpperCase() as KnownCategory,
    table: [prefix, ...rest].join('_').replaceAll('-', '_'),
  };
}
