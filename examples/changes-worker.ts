/**
 * A Temporal worker of your own: its workflow is signalled after changes, and its activity handles them exactly once. Start
 * kombo-sync with CHANGES_SIGNAL=onChanges@my-changes, then:
 *
 *   DATABASE_URL=postgres://… npx node --conditions=kombo-sync-source examples/changes-worker.ts
 */
import { fileURLToPath } from 'node:url';
import { cancellationSignal, heartbeat } from '@temporalio/activity';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection, Worker } from '@temporalio/worker';
import { consumeChanges, type TableName } from 'kombo-sync/consumer';
import pg from 'pg';

const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL']! });
await pool.query(`
  create schema if not exists app;
  create table if not exists app.change_log (seq bigint primary key, table_name text, id text, op text)`);

/** The position is kept under a name, so it does not matter how often a signal comes, or whether an activity is repeated. */
async function handleChanges(table: string, upTo: number): Promise<void> {
  await consumeChanges({
    pool,
    consumer: `change-log/${table}`,
    tables: [table as TableName],
    from: 0,
    until: upTo,
    signal: cancellationSignal(),
    async handle({ changes, tx }) {
      heartbeat();
      for (const { seq, id, op } of changes) {
        await tx.query('insert into app.change_log values ($1, $2, $3, $4)', [seq, table, id, op]);
      }
    },
    // Temporal tries the activity again.
    onError: () => 'stop',
  });
}

const { connectionOptions, namespace } = loadClientConnectConfig();
const connection = await NativeConnection.connect(connectionOptions);
const worker = await Worker.create({
  connection,
  namespace: namespace ?? 'default',
  taskQueue: process.env['CHANGES_QUEUE'] ?? 'my-changes',
  workflowsPath: fileURLToPath(new URL('changes-workflow.ts', import.meta.url)),
  activities: { handleChanges },
});
process.stdout.write('Waiting for changes\n');
await worker.run();
await connection.close();
await pool.end();
