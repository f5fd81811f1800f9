/**
 * Plays random failures on real servers for as long as you like, as `test/liveness` does for half a minute: endpoints
 * of Kombo fail, hang, are limited or refuse, workers are killed or freeze, sessions and tables of Postgres are lost or
 * locked, clocks are off. It prints how long changes of healthy parts took to become rows, and exits with 1 if a
 * promise was broken. The workers share a budget for Kombo, send notifications and export traces meanwhile: nothing may
 * be told twice, and no place of the budget may stay taken.
 *
 *   npx node scripts/soak.ts --minutes 20
 *   npx node scripts/soak.ts --minutes 480 --seconds 90 --seed 4711
 *
 * Rounds of `--seconds` follow each other until the time is over. The first has the seed `--seed`, each later one the
 * next number. Broken promises are printed after their round, with its plan, and the next round begins.
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { openStore } from '../src/store/database.ts';
import { migrate } from '../src/store/migrate.ts';
import { connectTemporal } from '../src/temporal/connect.ts';
import { makePlan } from '../test/liveness/plan.ts';
import { play, type Played } from '../test/liveness/player.ts';
import { openObservers } from '../test/liveness/observers.ts';
import { brokenPromises, countFailures, explain, summarize } from '../test/liveness/report.ts';
import { openWorld } from '../test/liveness/world.ts';
import { startServers } from '../test/support/servers.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '20' },
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(randomInt(1_000_000)) },
  },
});
const seconds = Number(values.seconds);
const until = performance.now() + Number(values.minutes) * 60_000;

const rounds: Played[] = [];
const servers = await startServers();
process.env['TEMPORAL_ADDRESS'] = servers.temporalAddress;
const store = openStore(servers.databaseUrl);
await migrate(store);
const temporal = await connectTemporal();
const { temporalAddress, emptyFolder, databaseUrl } = servers;
const observers = await openObservers(store);
const { settings } = observers;
const world = await openWorld({ store, databaseUrl, temporal, temporalAddress, emptyFolder, settings });
let isBroken = false;
try {
  for (let seed = Number(values.seed); performance.now() < until; seed += 1) {
    const played = await play(world, makePlan(seed, seconds));
    rounds.push(played);
    const broken = brokenPromises(played);
    isBroken ||= broken.length > 0;
    const healed = played.healedInMs === undefined ? 'never' : `${(played.healedInMs / 1000).toFixed(1)} s`;
    print(
      `seed ${seed}: ${played.told.length} changes, ${played.met} failures met, in order after ${healed}`,
    );
    if (broken.length > 0) print(explain(played, world.workers.log));
  }
  const problems = await observers.problems();
  isBroken ||= problems.length > 0;
  for (const problem of problems) print(problem);
} finally {
  await world.close();
  observers.close();
  await store.close();
  await temporal.close();
  await servers.stop();
}
table('waited for (ms)', ['webhooks', 'median', 'p95', 'max'], summarize(rounds));
const counts = countFailures(rounds.map(({ plan }) => plan));
table(
  'failures',
  ['times'],
  Object.keys(counts)
    .sort()
    .map((what) => ({ what, times: counts[what]! })),
);
const observed = Object.entries(observers.counts()).map(([what, times]) => ({ what, times }));
table('observed', ['times'], observed);
process.exitCode = isBroken ? 1 : 0;

function table<K extends string>(
  head: string,
  columns: readonly K[],
  rows: readonly (Record<K, number> & { what: string })[],
): void {
  const width = Math.max(head.length, ...rows.map(({ what }) => what.length)) + 2;
  const cells = (values: readonly (string | number)[]) =>
    values.map((value) => String(value).padStart(10)).join('');
  print('');
  print(head.padEnd(width) + cells(columns));
  for (const row of rows) print(row.what.padEnd(width) + cells(columns.map((name) => row[name])));
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
