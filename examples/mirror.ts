/**
 * Keeps a table of your own in step with the copy: here the live employees with their work address. It begins with every
 * employee there is. What it writes counts exactly once.
 *
 *   DATABASE_URL=postgres://… npx node --conditions=kombo-sync-source examples/mirror.ts
 */
import pg from 'pg';
import { consumeChanges } from 'kombo-sync/consumer';

const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL']! });
await pool.query(`
  create schema if not exists app;
  create table if not exists app.people (customer text, id text, name text, work_email text, primary key (customer, id))`);

const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());

await consumeChanges({
  pool,
  consumer: 'app-people',
  tables: ['hris_employees'],
  from: 'beginning',
  signal: stop.signal,
  async handle({ changes, tx }) {
    for (const { integrationId, id, row } of changes) {
      if (row === null || row.deleted_at !== null) {
        await tx.query('delete from app.people where customer = $1 and id = $2', [integrationId, id]);
        continue;
      }
      // A row may come twice, and is never older than before.
      await tx.query(
        `insert into app.people values ($1, $2, $3, $4)
         on conflict (customer, id) do update set name = excluded.name, work_email = excluded.work_email`,
        [integrationId, id, row.display_full_name, row.work_email],
      );
    }
    process.stdout.write(`Mirrored ${changes.length} changes\n`);
  },
});
await pool.end();
