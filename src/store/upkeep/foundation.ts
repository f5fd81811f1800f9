import type pg from 'pg';
import { postgresOutage } from '../../outages/index.ts';
import { liveSchema, type Schemas } from '../schemas.ts';
import { findDataTables, findLiveViews } from './ours.ts';
import { DatabaseProblem } from './problem.ts';

/*
 * The base of the tables: a database that can hold the data, and three schemas that are ours. A schema is ours if we
 * created it, or if it was empty. The one row of `installation` records this for two of them; our views show it for the
 * third. A data table is ours if it has the columns that all our tables have; a live view is ours if it shows our table
 * of the same name. We never touch what is not ours.
 */

type Queryable = pg.ClientBase | pg.Pool;

interface Place {
  name: string;
  owner: string;
  mayCreate: boolean;
  /** Tables, functions and everything else in it. */
  contents: string[];
}

interface Site {
  database: string;
  role: string;
  encoding: string;
  mayCreate: boolean;
  isReadOnly: boolean;
  /** Names that would need quotes. */
  reserved: string[] | null;
  places: Place[] | null;
}

/** What exists already. */
interface Ground {
  service: Place | undefined;
  data: Place | undefined;
  live: Place | undefined;
  installation: Installation | undefined;
}

/**
 * Checks the database and the schemas.
 *
 * @throws DatabaseProblem with the remedy if they are not fit or not ours.
 */
export async function inspectGround(
  client: Queryable,
  schemas: Schemas,
  extra: readonly string[] = [],
): Promise<Ground> {
  const site = await survey(client, schemas);
  refuseUnfit(site);
  const service = site.places?.find(({ name }) => name === schemas.service);
  const data = site.places?.find(({ name }) => name === schemas.data);
  const live = site.places?.find(({ name }) => name === liveSchema(schemas.data));
  const installation = await findInstallation(client, service);
  if (installation) refuseOther(installation, schemas);
  else if (service && service.contents.length > 0) throw foreignSchema('SERVICE_SCHEMA', service);
  const ours = await findDataTables(client, schemas, extra);
  if (!installation) {
    await refuseClaimed(client, schemas);
    if (data && data.contents.length > 0 && ours === 0) throw foreignSchema('DATA_SCHEMA', data);
  }
  const ourViews = await findLiveViews(client, schemas, extra);
  if (live && live.contents.length > 0 && ourViews === 0) {
    throw installation ? foreignLiveSchema(live) : foreignSchema('DATA_SCHEMA', live, schemas.data);
  }
  const missing = namesOf(schemas).filter((name) => !site.places?.some((place) => place.name === name));
  if (missing.length > 0 && !site.mayCreate) throw mayNotCreate(missing, site);
  for (const place of [service, data, live]) {
    if (place?.contents.length === 0 && !place.mayCreate) throw mayNotFill(place, site);
  }
  return { service, data, live, installation };
}

/**
 * Creates the schemas that are missing, and marks them as ours.
 *
 * @throws DatabaseProblem if the schemas cannot be used.
 */
export async function layFoundation(
  client: pg.ClientBase,
  schemas: Schemas,
  extra: readonly string[],
): Promise<void> {
  const { service, data, live, installation } = await inspectGround(client, schemas, extra);
  if (installation && data && live) return;
  await client.query('begin');
  try {
    if (!service) {
      await client.query(`create schema kombo_sync; comment on schema kombo_sync is '${SERVICE_COMMENT}'`);
    }
    if (!data) await client.query(`create schema kombo; comment on schema kombo is '${DATA_COMMENT}'`);
    if (!live) {
      await client.query(`create schema kombo_live; comment on schema kombo_live is '${LIVE_COMMENT}'`);
    }
    if (!installation) {
      await client.query(CREATE_INSTALLATION);
      await client.query(
        'insert into kombo_sync.installation (service_schema, data_schema) values ($1, $2)',
        [schemas.service, schemas.data],
      );
    }
    await client.query('commit');
  } catch (error) {
    // If the connection is lost, the first error says more than the failed rollback.
    await client.query('rollback').catch(() => {});
    throw error;
  }
}

const SERVICE_COMMENT = 'State of kombo-sync: integrations, passes, changes. Read it, never write it.';
const DATA_COMMENT = 'Records read through Kombo, one table per endpoint. Yours to query.';
const LIVE_COMMENT = 'The live records of schema kombo, one view per table. Yours to query.';
const namesOf = ({ service, data }: Schemas) => [service, data, liveSchema(data)];
const CREATE_INSTALLATION = `
  create table kombo_sync.installation (
    id uuid primary key default gen_random_uuid(),
    service_schema text not null,
    data_schema text not null,
    created_at timestamptz not null default now()
  );
  comment on table kombo_sync.installation is 'Marks both schemas as made for kombo-sync. One row.'`;

async function survey(client: Queryable, schemas: Schemas): Promise<Site> {
  const { rows } = await client.query<Site>(
    `select current_database()::text as database, current_user::text as role,
       current_setting('server_encoding') as encoding,
       has_database_privilege(current_database(), 'create') as "mayCreate",
       current_setting('transaction_read_only') = 'on' as "isReadOnly",
       (select array_agg(name) from unnest($1::text[]) as given(name) where quote_ident(name) <> name) as reserved,
       (select jsonb_agg(jsonb_build_object('name', n.nspname, 'owner', pg_get_userbyid(n.nspowner),
          'mayCreate', has_schema_privilege(n.oid, 'create') and has_schema_privilege(n.oid, 'usage'),
          'contents', array(
            select relname::text from pg_class where relnamespace = n.oid and relkind in ('r', 'p', 'v', 'm', 'f', 'S')
            union all select proname::text from pg_proc where pronamespace = n.oid
            order by 1)))
        from pg_namespace n where n.nspname = any($1)) as places`,
    [namesOf(schemas)],
  );
  return rows[0]!;
}

function refuseUnfit({ encoding, database, isReadOnly, reserved }: Site): void {
  if (reserved) {
    throw new DatabaseProblem(
      `${reserved.join(', ')} is a word of SQL, which cannot be the name of a schema here.`,
      'Choose another name in DATA_SCHEMA or SERVICE_SCHEMA.',
    );
  }
  if (isReadOnly) {
    const { what, remedy } = postgresOutage('read-only', { cause: undefined });
    throw new DatabaseProblem(what, remedy);
  }
  if (encoding !== 'UTF8') throw wrongEncoding(database, encoding);
}

function wrongEncoding(database: string, encoding: string): DatabaseProblem {
  return new DatabaseProblem(
    `The database ${database} has the encoding ${encoding}, which cannot hold every name.`,
    `Make another one and name it in DATABASE_URL: create database ${database}_utf8 encoding 'UTF8' template template0;`,
  );
}

/** The unique id of the installation; undefined if there is none. */
export async function installationId(client: Queryable): Promise<string | undefined> {
  const { rows } = await client.query<{ id: string }>('select id from kombo_sync.installation');
  return rows[0]?.id;
}

interface Installation {
  service_schema: string;
  data_schema: string;
}

async function findInstallation(
  client: Queryable,
  service: Place | undefined,
): Promise<Installation | undefined> {
  if (!service?.contents.includes('installation')) return undefined;
  const { rowCount } = await client.query(
    `select from pg_attribute where attrelid = 'kombo_sync.installation'::regclass and attname = 'service_schema'`,
  );
  if (!rowCount) return undefined;
  const { rows } = await client.query<Installation>('select * from kombo_sync.installation');
  return rows[0];
}

function refuseOther({ service_schema, data_schema }: Installation, { service, data }: Schemas): void {
  if (service_schema !== service) {
    throw new DatabaseProblem(
      `Schema ${service} was renamed from ${service_schema}, and its functions still use the old name.`,
      `Rename it back: alter schema ${service} rename to ${service_schema};`,
    );
  }
  if (data_schema !== data) {
    throw new DatabaseProblem(
      `The data of ${service} is in schema ${data_schema}, but DATA_SCHEMA is ${data}.`,
      `Set DATA_SCHEMA=${data_schema}, or choose another SERVICE_SCHEMA to start without data.`,
    );
  }
}

/** If two services wrote the same tables, each would take the other's records for its own. */
async function refuseClaimed(client: Queryable, { data }: Schemas): Promise<void> {
  const { rows } = await client.query<{ service: string }>(
    `select n.nspname::text as service from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where case when c.relname = 'installation' and c.relkind = 'r' and has_table_privilege(c.oid, 'select')
         and has_schema_privilege(n.oid, 'usage')
         and exists (select from pg_attribute where attrelid = c.oid and attname = 'data_schema')
       then query_to_xml(format('select data_schema from %I.%I', n.nspname, c.relname), false, true, '')::text
         like '%<data_schema>' || $1 || '</data_schema>%' end`,
    [data],
  );
  const [other] = rows;
  if (!other) return;
  throw new DatabaseProblem(
    `Schema ${data} belongs to another kombo-sync, whose SERVICE_SCHEMA is ${other.service}.`,
    `Set SERVICE_SCHEMA=${other.service} if that is the one you mean, or choose another DATA_SCHEMA.`,
  );
}

function foreignSchema(setting: string, place: Place, chosen = place.name): DatabaseProblem {
  return new DatabaseProblem(
    notMadeForUs(place),
    `Choose another name, for example ${setting}=${chosen}_hr, or empty that schema.`,
  );
}

/** The name of the live views follows from the schema of the data, so you must rename the other schema. */
function foreignLiveSchema(place: Place): DatabaseProblem {
  return new DatabaseProblem(
    notMadeForUs(place),
    `Its name is that of the live views. Rename it: alter schema ${place.name} rename to ${place.name}_old;`,
  );
}

function notMadeForUs({ name, contents }: Place): string {
  const examples = contents.slice(0, 3).join(', ');
  return `Schema ${name} was not made for kombo-sync: it holds ${examples}${contents.length > 3 ? ', …' : ''}. Nothing was changed.`;
}

function mayNotCreate(names: readonly string[], { role, database }: Site): DatabaseProblem {
  const statements = names.map((name) => `create schema ${name} authorization "${role}";`);
  return new DatabaseProblem(
    `The role ${role} may not make schema ${names.join(', ')} in the database ${database}.`,
    `As the owner of the database, make what is missing: ${statements.join(' ')} Or allow it: grant create on database "${database}" to "${role}";`,
  );
}

function mayNotFill({ name, owner }: Place, { role }: Site): DatabaseProblem {
  return new DatabaseProblem(
    `The role ${role} may not make tables in schema ${name}, which belongs to ${owner}.`,
    `As ${owner}, allow it: grant usage, create on schema ${name} to "${role}";`,
  );
}
