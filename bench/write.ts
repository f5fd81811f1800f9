/**
 * How fast pages get into Postgres: this project's statement beside the usual ways, in one run on one machine.
 *
 *   npm run bench:write                  five rounds of 15,000 records; --rounds 9 for more
 *   npm run bench:write -- --growth      the table grows to a million rows; the speed of each step is shown
 *
 * Uses DATABASE_URL (a scratch database: schemas kombo and kombo_sync are made in it) or an embedded Postgres.
 */
import { parseArgs } from 'node:util';
import { getEndpoint } from '../src/domain/catalogue/index.ts';
import { openStore, type Store } from '../src/store/database.ts';
import { migrate } from '../src/store/migrate.ts';
import { benchDatabase } from './support/database.ts';
import { makePages } from './support/records.ts';
import {
  CHANGES,
  multiRow,
  ours,
  plainCopy,
  prepareTables,
  rowByRow,
  rowByRowWithFeed,
  type Way,
} from './support/ways.ts';

const PAGE = 250;
const PAGES = 60;
const STEPS = ['insert', 'update', 'no-op'] as const;
const endpoint = getEndpoint('/ats/applications');
const OWN_TABLE = `kombo.${endpoint.table}`;

/** Milliseconds of each step; some ways only insert. */
type Times = number[];

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { growth: { type: 'boolean', default: false }, rounds: { type: 'string', default: '5' } },
  });
  const database = await benchDatabase();
  const store = openStore(database.url);
  try {
    await migrate(store);
    if (values.growth) await growth(store, database.url);
    else await compare(store, database.url, Number(values.rounds));
  } finally {
    await store.close();
    await database.stop();
  }
}

async function compare(store: Store, url: string, rounds: number): Promise<void> {
  const ways = [
    ours(url, endpoint),
    multiRow(url, endpoint),
    rowByRow(url, endpoint, 1),
    rowByRowWithFeed(url, endpoint),
    rowByRow(url, endpoint, 5),
    plainCopy(url, endpoint),
  ];
  const first = makePages(endpoint, { pages: PAGES, size: PAGE, version: 1 });
  const second = makePages(endpoint, { pages: PAGES, size: PAGE, version: 2 });
  print(
    `${PAGES * PAGE} records of ${Math.round(first[0]!.length / PAGE)} bytes, ${PAGE} a page, ${rounds} rounds, one connection but where more are in flight`,
  );
  await prepareTables(store, ways, OWN_TABLE);
  const results = new Map<Way, Times[]>(ways.map((way) => [way, []]));
  for (let round = 0; round < rounds; round += 1) {
    const contents = new Map<Way, string>();
    // Each way has the database to itself, and each is first in one round.
    for (const way of rotated(ways, round)) {
      await store.pool.query(
        `truncate kombo_sync.changes, ${CHANGES}, ${ways.map(({ table }) => table).join(', ')}`,
      );
      const times: Times = [];
      for (const [step, pages] of (way.insertOnly ? [first] : [first, second, second]).entries()) {
        const start = performance.now();
        await way.write(pages, new Date(1_000 * (step + 1)));
        times.push(performance.now() - start);
      }
      results.get(way)!.push(times);
      if (!way.insertOnly) contents.set(way, await contentOf(store, way));
    }
    requireSame(contents);
  }
  report(ways, results);
  for (const way of ways) await way.close();
}

function report(ways: readonly Way[], results: ReadonlyMap<Way, Times[]>): void {
  const rowsPerSecond = (way: Way, step: number) =>
    median(results.get(way)!.map((times) => (PAGES * PAGE * 1_000) / (times[step] ?? NaN)));
  print(`\n${'rows/s, median of the rounds'.padEnd(52)}${header()}`);
  for (const way of ways) {
    print(
      way.name.padEnd(52) + STEPS.map((_, step) => cell(rowsPerSecond(way, step).toFixed(0), 10)).join(''),
    );
  }
  const [own, ...others] = ways;
  print(`\n${'this project is so many times as fast (the rounds)'.padEnd(52)}${header(20)}`);
  for (const way of others) {
    const cells = STEPS.map((_, step) => {
      const ratios = results
        .get(way)!
        .map((times, round) => (times[step] ?? NaN) / results.get(own!)![round]![step]!)
        .toSorted((a, b) => a - b);
      return cell(`${median(ratios).toFixed(1)} (${ratios[0]!.toFixed(1)}-${ratios.at(-1)!.toFixed(1)})`, 20);
    });
    print(way.name.padEnd(52) + cells.join(''));
  }
}

/** The content of a way's table and, if it has one, of its change feed. */
async function contentOf(store: Store, way: Way): Promise<string> {
  const { rows } = await store.pool.query(
    `select count(*), bit_xor(hashtextextended((to_jsonb(t) - '{asked_seq,arrived_seq}'::text[])::text, 0)) as hash
     from ${way.table} t`,
  );
  const feed = await store.pool.query(
    `select op, count(*) from ${way.feed ?? CHANGES} group by op order by op`,
  );
  return JSON.stringify([rows, way.feed === undefined ? 'no feed' : feed.rows]);
}

/** A fast way must have done the same work. */
function requireSame(contents: ReadonlyMap<Way, string>): void {
  const withFeed = new Set([...contents].filter(([way]) => way.feed).map(([, content]) => content));
  const tables = new Set(
    [...contents.values()].map((content) => JSON.stringify((JSON.parse(content) as unknown[])[0])),
  );
  if (withFeed.size !== 1 || tables.size !== 1) {
    throw new Error(`The ways did not do the same: ${[...contents.values()].join(' ')}`);
  }
}

async function growth(store: Store, url: string): Promise<void> {
  const way = ours(url, endpoint);
  await store.pool.query(`truncate ${OWN_TABLE}, kombo_sync.changes`);
  print('rows in the table    insert rows/s    no-op rows/s    resident MB');
  const measure = async (pages: readonly string[], at: Date) => {
    const start = performance.now();
    await way.write(pages, at);
    return (pages.length * PAGE * 1_000) / (performance.now() - start);
  };
  for (let size = 0; size < 1_000_000;) {
    const pages = makePages(endpoint, { pages: 40, size: PAGE, version: 1, firstId: size });
    const insert = await measure(pages, new Date(1_000));
    const noop = await measure(pages, new Date(2_000));
    size += 40 * PAGE;
    if (size >= 100_000 ? size % 100_000 === 0 : size === 10_000 || size === 50_000) {
      const rss = (process.memoryUsage().rss / 1e6).toFixed(0);
      print(cell(String(size), 17) + cell(insert.toFixed(0), 17) + cell(noop.toFixed(0), 16) + cell(rss, 15));
    }
  }
  await way.close();
}

function rotated<T>(list: readonly T[], by: number): T[] {
  return list.map((_, index) => list[(index + by) % list.length]!);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

const header = (width = 10) => STEPS.map((step) => step.padStart(width)).join('');
const cell = (text: string, width: number) => (text.includes('NaN') ? '-' : text).padStart(width);

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

await main();
