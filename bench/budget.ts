/**
 * Webhooks beside a wave of full syncs while Kombo allows 300 requests a minute: three workers and a sandbox that refuses what is over the limit. Prints how many requests Kombo refused, how much of
 * its limit was used, and how long each change took to become a row from its signal on, with the quiet time of a second.
 *
 *   npm run bench:budget                    two minutes of Kombo's time
 *   npm run bench:budget -- --minutes 5
 *
 * Starts a Temporal server, Postgres and the sandbox of its own.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { signalChanges, startFullSync } from '../src/temporal/start.ts';
import { startWorker } from '../src/worker/run.ts';
import { startService } from '../test/support/service.ts';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '2' } },
});
const PER_MINUTE = 300;
const SECONDS = Number(values.minutes) * 60;
const WAVE = 30;
const READERS = 10;
const EVERY_MS = 2_000;
const COURSES = 'lms_courses';

const { control, config, store, client, close } = await startService({ TASK_QUEUE: 'budget' });
const log = pino({ level: 'silent' });
const others = await Promise.all([1, 2].map(() => startWorker({ config, store, log })));

const signal = (integrationId: string, models: string[]) =>
  signalChanges(client, config, { integrationId, models, trigger: 'webhook' });

/** Changes a record, tells of it, and waits until it is a row. */
async function change(id: string): Promise<number> {
  const [record] = control.ids(id, COURSES);
  const mark = `changed ${performance.now()}`;
  control.update(id, COURSES, record!, { remote_id: mark });
  const began = performance.now();
  await signal(id, [COURSES]);
  const seen = `select from kombo.${COURSES} where integration_id = $1 and remote_id = $2`;
  while ((await store.pool.query(seen, [id, mark])).rowCount === 0) {
    if (performance.now() - began > 120_000) return Infinity;
    await delay(20);
  }
  return performance.now() - began;
}

try {
  const readers = Array.from({ length: READERS }, (_, index) => `reader:${index}`);
  for (const id of readers) {
    control.addIntegration({ id, category: 'LMS', scale: 0, records: { [COURSES]: 5 } });
    const first = await signal(id, []);
    await client.workflow.getHandle(first.workflowId, first.runId).result();
  }
  control.setRateLimit(PER_MINUTE);
  const wave = Array.from({ length: WAVE }, (_, index) => `wave:${index}`);
  const before = control.requests().length;
  const began = performance.now();
  for (const id of wave) {
    control.addIntegration({
      id,
      category: 'LMS',
      scale: 0,
      records: { lms_users: 5_000, [COURSES]: 5_000 },
    });
    await startFullSync(client, config, { integrationId: id });
  }
  const waits: Promise<number>[] = [];
  while (performance.now() - began < SECONDS * 1_000) {
    waits.push(change(readers[waits.length % READERS]!));
    await delay(EVERY_MS);
  }
  const took = (await Promise.all(waits)).toSorted((a, b) => a - b);
  const seconds = (performance.now() - began) / 1_000;
  const sent = control.requests().slice(before);
  const refused = sent.filter(({ status }) => status === 429).length;
  const at = (share: number) => `${(took[Math.floor((took.length - 1) * share)]! / 1_000).toFixed(1)} s`;
  process.stdout.write(
    [
      `${sent.length} requests in ${seconds.toFixed(0)} s, ${refused} refused (429)`,
      `answered: ${(((sent.length - refused) / seconds) * 60).toFixed(0)} a minute of ${PER_MINUTE}`,
      `${took.length} changes beside the wave were rows after ${at(0.5)} (median), ${at(0.99)} (p99), ${at(1)} (longest)`,
      '',
    ].join('\n'),
  );
} finally {
  for (const worker of others) await worker.stop();
  await close();
}
