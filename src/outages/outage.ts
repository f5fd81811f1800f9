/** What a kind of outage is, and what you should do. */
type Words = readonly [brief: string, remedy: string];

const POSTGRES = {
  away: ['Postgres cannot be reached', 'Check DATABASE_URL and that the server runs.'],
  late: ['Postgres did not answer in time', 'Check DATABASE_URL and that the server runs.'],
  busy: ['Postgres is busy', 'Try again later.'],
  'refused-credentials': [
    'Postgres refuses the user or the password',
    'Check the user and the password in DATABASE_URL. There #, %, /, ?, @ and letters such as ü must be percent-encoded, for example # as %23.',
  ],
  denied: ['Postgres denies access', 'kombo-sync doctor names the grants that are missing.'],
  untrusted: [
    'There is no secure connection to Postgres',
    'Check sslmode in DATABASE_URL and the certificate of the server.',
  ],
  'no-database': [
    'Postgres does not have the database',
    'Create the database, or correct its name in DATABASE_URL.',
  ],
  'read-only': [
    'The database can only be read now',
    'Name the primary server in DATABASE_URL. If it is the primary, its disk may be full, or default_transaction_read_only is on.',
  ],
  'behind-schema': ['The database is not up to date', 'Run: kombo-sync migrate'],
  failed: ['Postgres refuses a statement', 'If it happens again, please report it.'],
} as const satisfies Record<string, Words>;

const TEMPORAL = {
  away: ['Temporal cannot be reached', 'Check TEMPORAL_ADDRESS and that the server runs.'],
  late: ['Temporal did not answer in time', 'Check TEMPORAL_ADDRESS and that the server runs.'],
  busy: ['Temporal is busy', 'Try again later.'],
  'refused-credentials': [
    'Temporal refuses the credentials',
    'Check TEMPORAL_API_KEY, or the certificate that TEMPORAL_TLS_CLIENT_CERT_PATH names.',
  ],
  denied: ['Temporal denies access', 'Check TEMPORAL_NAMESPACE and the rights of your credentials.'],
  untrusted: [
    'There is no secure connection to Temporal',
    'Check TEMPORAL_TLS, TEMPORAL_API_KEY and the certificates that TEMPORAL_TLS_… name.',
  ],
  'no-namespace': [
    'Temporal does not have the namespace',
    'Check TEMPORAL_NAMESPACE, or create it: temporal operator namespace create',
  ],
  failed: ['Temporal refuses a request', 'If it happens again, please report it.'],
} as const satisfies Record<string, Words>;

export type PostgresKind = keyof typeof POSTGRES;
export type TemporalKind = keyof typeof TEMPORAL;
export type KomboKind = 'away' | 'busy' | 'refused-credentials' | 'rejected';
export type OutageKind = PostgresKind | TemporalKind | KomboKind;

interface Told<Part, Kind> {
  part: Part;
  /** One kind for each thing that you can do about it. */
  kind: Kind;
  /** What happened, without a full stop. It quotes neither Postgres nor Temporal, so every reader may see it. */
  brief: string;
  /** The same as a sentence with the reason. Postgres quotes values in its reasons, so keep this out of histories. */
  what: string;
  /** What you should do if you ran the command yourself. */
  remedy: string;
  /** The code, for example `SQLSTATE 28P01`, `gRPC 14` or `ECONNREFUSED at 127.0.0.1:5432`. It holds no record. */
  code: string;
  /** Milliseconds until a new try makes sense, if the server said so. */
  retryAfterMs?: number | undefined;
  /** What was thrown. */
  cause: unknown;
}

export type PostgresOutage = Told<'postgres', PostgresKind>;
export type TemporalOutage = Told<'temporal', TemporalKind>;
export type KomboOutage = Told<'kombo', KomboKind>;
export type Outage = PostgresOutage | TemporalOutage | KomboOutage;

interface Found {
  /** The words of Postgres, Temporal or the system. */
  reason?: string;
  /** A more exact remedy than that of the kind. */
  remedy?: string;
  code?: string;
  cause: unknown;
}

export function postgresOutage(kind: PostgresKind, found: Found): PostgresOutage {
  return { part: 'postgres', kind, ...tell(POSTGRES[kind], found) };
}

export function temporalOutage(kind: TemporalKind, found: Found): TemporalOutage {
  return { part: 'temporal', kind, ...tell(TEMPORAL[kind], found) };
}

function tell([brief, usual]: Words, { reason, remedy = usual, code = '', cause }: Found) {
  return { brief, what: sentence(reason ? `${brief}: ${reason}` : brief), remedy, code, cause };
}

/** A reason from outside may end with a full stop. */
const sentence = (text: string) => (text.endsWith('.') ? text : `${text}.`);
