/**
 * Starts a full sync of one integration and shows its progress. It imports nothing from kombo-sync, so you can copy it into
 * any project that has @temporalio/client and @temporalio/envconfig.
 *
 *   npx node examples/start-full-sync.ts personio:CBNMt7dSNCzBdnRTx87dev4E
 *
 * It connects with the settings of the `temporal` CLI: TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY or a profile.
 */
import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';

/** The parts of the query `syncState` and of the result that this script uses. */
interface Outcome {
  endpoint: string;
  status: string;
  counts: { records: number; created: number; updated: number; deleted: number };
  reason?: { code: string; message: string };
}
interface State {
  running: { endpoint: string }[];
  outcomes: Outcome[];
}
interface Result {
  status: 'completed' | 'partial' | 'failed';
  endpoints: Record<string, Omit<Outcome, 'endpoint'>>;
  blocked?: { message: string };
}

const integrationId = process.argv[2];
if (!integrationId) {
  process.stderr.write('Usage: npx node examples/start-full-sync.ts <integration id>\n');
  process.exit(2);
}

const { connectionOptions, namespace } = loadClientConnectConfig();
const connection = await Connection.connect(connectionOptions);
const client = new Client({ connection, namespace: namespace ?? 'default' });

// One id per integration, so Temporal makes sure that only one full sync is started by hand at a time.
const handle = await client.workflow.start('fullSync', {
  workflowId: `full-sync/${integrationId}`,
  taskQueue: process.env['TASK_QUEUE'] ?? 'kombo-sync',
  args: [{ integrationId }],
  workflowIdConflictPolicy: 'USE_EXISTING',
});
process.stdout.write(`Workflow ${handle.workflowId}, run ${handle.firstExecutionRunId}\n`);

const finished = handle.result() as Promise<Result>;
// Failures are reported at the end, when the result is awaited.
const ended = finished.then(
  () => true,
  () => true,
);
const second = () => new Promise<false>((resolve) => setTimeout(() => resolve(false), 1_000));

let last = '';
while (!(await Promise.race([ended, second()]))) {
  // A worker answers the query. Without a worker there is nothing to show yet, and the sync waits in Temporal.
  const state = await client
    .withDeadline(Date.now() + 2_000, () => handle.query<State>('syncState'))
    .catch(() => undefined);
  if (state) {
    const running = state.running.map(({ endpoint }) => endpoint).join(', ');
    const text = `${state.outcomes.length} endpoints done${running ? `, reading ${running}` : ''}`;
    if (text !== last) process.stdout.write(`${text}\n`);
    last = text;
  }
}

const { status, endpoints, blocked } = await finished;
for (const [endpoint, { counts, reason, ...outcome }] of Object.entries(endpoints)) {
  const { records, created, updated, deleted } = counts;
  process.stdout.write(
    `${endpoint}: ${outcome.status}, ${records} records, ${created} created, ${updated} updated, ${deleted} deleted` +
      `${reason ? ` (${reason.message})` : ''}\n`,
  );
}
process.stdout.write(`${blocked ? `${blocked.message} ` : ''}The full sync ${status}.\n`);
await connection.close();
process.exitCode = status === 'completed' ? 0 : 1;
