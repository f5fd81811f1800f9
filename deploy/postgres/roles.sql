-- For docker-compose.yml: runs once, by psql, when the volume is new, as the superuser that nothing else uses.
\getenv owner_password DATABASE_OWNER_PASSWORD
\getenv service_password DATABASE_PASSWORD

-- Of `setup`: makes and changes schemas and tables, which are its own.
create role kombo_sync_owner login password :'owner_password';
alter database :"DBNAME" owner to kombo_sync_owner;

-- Of `serve` and `worker`: reads and writes rows, and can neither change nor drop what holds them.
create role kombo_sync login password :'service_password';
alter default privileges for role kombo_sync_owner grant usage on schemas to kombo_sync;
alter default privileges for role kombo_sync_owner grant select, insert, update, delete on tables to kombo_sync;
alter default privileges for role kombo_sync_owner grant usage, select on sequences to kombo_sync;
alter default privileges for role kombo_sync_owner grant execute on functions to kombo_sync;
