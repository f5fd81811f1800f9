/**
 * How long a lone change takes from its webhook to its row, with `DEBOUNCE_LEADING=on` and without: a signed delivery to the
 * server, a worker, and a row that is looked for every two milliseconds.
 *
 *   npm run bench:leading          fifty times with it, five times without
 *   npm run bench:leading -- 10    fewer
 *
 * Starts a Temporal server, Postgres and the sandbox of its own.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { DEFAULT_WEBHOOK_SECRET } from '../sandbox/index.ts';
import { startServer } from '../src/http/server.ts';
import { connectTemporal } from '../src/temporal/connect.ts';
import { signalChanges } from '../src/temporal/start.ts';
import { startService } from '../test/support/service.ts';

const TIMES = Number(process.argv[2] ?? 50);
const TIMES_WITHOUT = 5;
const QUIET = { on: '1s', off: '5s' } as const;
const INTEGRATIONS = 5;
const GIVE_UP_MS = 60_000;

async function measure(leading: 'on' | 'off', times: number): Promise<void> {
  const service = await startService({
    TASK_QUEUE: `leading-${leading}`,
    DEBOUNCE_QUIET: QUIET[leading],
    DEBOUNCE_LEADING: leading,
    KOMBO_WEBHOOK_SECRETS: DEFAULT_WEBHOOK_SECRET,
    HOST: '127.0.0.1',
    PORT: '0',
  });
  const { control, config, store, client } = service;
  const temporal = await connectTemporal();
  const log = pino({ level: 'silent' });
  const server = await startServer({ config, store, temporal, log, lagMs: () => 0 });
  control.setWebhookUrl(`${server.url}/webhooks/kombo`);
  try {
    const ids = Array.from({ length: INTEGRATIONS }, (_, number) => `bench:${leading}${number}`);
    for (const id of ids) {
      control.addIntegration({ id, category: 'LMS', scale: 0, records: { lms_users: 300, lms_courses: 5 } });
      const { workflowId, runId } = await signalChanges(client, config, {
        integrationId: id,
        models: [],
        trigger: 'webhook',
      });
      await client.workflow.getHandle(workflowId, runId).result();
    }
    const acknowledged: number[] = [];
    const rows: number[] = [];
    for (let time = 0; time < times; time += 1) {
      const id = ids[time % ids.length]!;
      // Long enough that the last run of this integration is over, also when there is only one.
      await delay(1_500);
      const [record] = control.ids(id, 'lms_courses');
      control.update(id, 'lms_courses', record!, { remote_id: `changed ${time}` });
      const at = performance.now();
      const sending = control.flushWebhook(id).then(() => acknowledged.push(performance.now() - at));
      const seen = `select from kombo.lms_courses where integration_id = $1 and id = $2 and remote_id = $3`;
      while ((await store.pool.query(seen, [id, record, `changed ${time}`])).rowCount === 0) {
        if (performance.now() - at > GIVE_UP_MS) throw new Error('The row did not come within a minute.');
        await delay(2);
      }
      rows.push(performance.now() - at);
      await sending;
    }
    say(`DEBOUNCE_LEADING=${leading}, DEBOUNCE_QUIET=${QUIET[leading]}, ${times} times`);
    say(`  acknowledged  ${spread(acknowledged)}`);
    say(`  a row         ${spread(rows)}`);
  } finally {
    await server.close();
    await temporal.close();
    await service.close();
  }
}

const say = (line: string) => process.stdout.write(`${line}\n`);

function spread(took: number[]): string {
  const sorted = took.toSorted((a, b) => a - b);
  const at = (share: number) => `${sorted[Math.floor((sorted.length - 1) * share)]!.toFixed(0)} ms`;
  return `p50 ${at(0.5)}, p90 ${at(0.9)}, longest ${at(1)}`;
}

await measure('on', TIMES);
await measure('off', TIMES_WITHOUT);
