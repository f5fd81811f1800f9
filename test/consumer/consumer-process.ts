import pg from 'pg';
import { consumeChanges } from '../../src/consumer/index.ts';

/* A process that consumes, to be killed: node consumer-process.ts <url> <name> <who> */

const [url = '', consumer = '', who = ''] = process.argv.slice(2);

const pool = new pg.Pool({ connectionString: url, max: 1 });
await consumeChanges({
  pool,
  consumer,
  from: 0,
  batch: 20,
  async handle({ changes, tx }) {
    for (const { seq, id } of changes) {
      await tx.query('insert into mine.tally (consumer, seq, id, name) values ($1, $2, $3, $4)', [
        consumer,
        seq,
        id,
        who,
      ]);
    }
    process.stdout.write(`handled ${changes.length}\n`);
  },
});
