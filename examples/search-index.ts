/**
 * Keeps a full-text index of candidates, in Postgres: it begins with every candidate there is, follows each change, and forgets
 * who is deleted or erased. What it writes counts exactly once.
 *
 *   DATABASE_URL=postgres://… npx node --conditions=kombo-sync-source examples/search-index.ts
 *   … examples/search-index.ts 'berlin engineer'    searches, best match first
 */
import pg from 'pg';
import { consumeChanges } from 'kombo-sync/consumer';
import type { AtsCandidates } from 'kombo-sync/tables';

const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL']! });
await pool.query(`
  create schema if not exists app;
  create table if not exists app.candidate_index
    (customer text, id text, name text, words tsvector, primary key (customer, id));
  create index if not exists candidate_index_words on app.candidate_index using gin (words)`);

const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());

const nameOf = (row: AtsCandidates) => [row.first_name, row.last_name].filter(Boolean).join(' ');
const wordsOf = ({ title, company, location }: AtsCandidates) =>
  [title, company, JSON.stringify(location ?? '')].filter(Boolean).join(' ');

if (process.argv[2] === undefined) {
  await consumeChanges({
    pool,
    consumer: 'candidate-index',
    tables: ['ats_candidates'],
    from: 'beginning',
    signal: stop.signal,
    async handle({ changes, tx }) {
      for (const { integrationId, id, row } of changes) {
        const key = [integrationId, id];
        if (row === null || row.deleted_at !== null) {
          await tx.query('delete from app.candidate_index where customer = $1 and id = $2', key);
          continue;
        }
        // A name counts more than the rest.
        await tx.query(
          `insert into app.candidate_index
           values ($1, $2, $3, setweight(to_tsvector('simple', $3), 'A') || to_tsvector('simple', $4))
           on conflict (customer, id) do update set name = excluded.name, words = excluded.words`,
          [...key, nameOf(row), wordsOf(row)],
        );
      }
      process.stdout.write(`Indexed ${changes.length} changes\n`);
    },
  });
} else {
  const { rows } = await pool.query<{ customer: string; id: string; name: string }>(
    `select customer, id, name from app.candidate_index, websearch_to_tsquery('simple', $1) as query
     where words @@ query order by ts_rank(words, query) desc, name limit 20`,
    [process.argv[2]],
  );
  for (const { customer, id, name } of rows) process.stdout.write(`${name}  ${customer} ${id}\n`);
}
await pool.end();
