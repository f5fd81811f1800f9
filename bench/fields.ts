/**
 * What excluding fields costs: pages of the same records with nothing excluded, with twenty fields excluded that they
 * have, and with twenty that none of them has (only the walk), in one run on one machine.
 *
 *   npm run bench:fields                 nine rounds of 15,000 records; --rounds 15 for more
 *
 * Uses DATABASE_URL (a scratch database: schemas kombo and kombo_sync are made in it) or an embedded Postgres.
 */
import { parseArgs } from 'node:util';
import { getEndpoint } from '../src/domain/catalogue/index.ts';
import { readChoice } from '../src/domain/fields/choice.ts';
import { createFields, STORES_ALL } from '../src/kombo/fields.ts';
import { openStore } from '../src/store/database.ts';
import { migrate } from '../src/store/migrate.ts';
import { benchDatabase } from './support/database.ts';
import { makePages } from './support/records.ts';
import { ours, type Way } from './support/ways.ts';

const PAGE = 250;
const PAGES = 60;
const STEPS = ['insert', 'update', 'no-op'] as const;
const endpoint = getEndpoint('/ats/applications');

const THERE = [
  'outcome',
  'rejection_reason_name',
  'rejected_at',
  'remote_url',
  'screening_question_answers',
  'custom_fields',
  'integration_fields',
  'remote_updated_at',
  'candidate.source',
  'candidate.remote_url',
  'candidate.first_name',
  'candidate.last_name',
  'candidate.email_addresses.email_address',
  'job.remote_id',
  'candidate.phone_numbers.phone_number',
  'candidate.social_media.link',
  'current_stage.index',
  'interviews.title',
  'offers.status',
  'candidate.tags.name',
].map((field) => `ats_applications.${field}`);
const NOT_THERE = Array.from({ length: 20 }, (_, index) => `ats_candidates.raw.never_there_${index}`);

const excluding = (exclude: readonly string[]) => {
  const { choice, wrong } = readChoice({ exclude, hash: [] });
  if (wrong.length > 0) throw new Error(JSON.stringify(wrong));
  return createFields(choice, '');
};

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { rounds: { type: 'string', default: '9' } } });
  const database = await benchDatabase();
  const store = openStore(database.url);
  const ways: Way[] = [
    ours(database.url, endpoint, STORES_ALL, 'nothing excluded'),
    ours(database.url, endpoint, excluding(THERE), 'twenty fields that the records have'),
    ours(database.url, endpoint, excluding(NOT_THERE), 'twenty fields that no record has'),
  ];
  try {
    await migrate(store);
    const first = makePages(endpoint, { pages: PAGES, size: PAGE, version: 1 });
    const second = makePages(endpoint, { pages: PAGES, size: PAGE, version: 2 });
    const rounds = Number(values.rounds);
    print(
      `${PAGES * PAGE} records of ${Math.round(first[0]!.length / PAGE)} bytes, ${PAGE} a page, ${rounds} rounds`,
    );
    const speeds = new Map<Way, number[][]>(ways.map((way) => [way, []]));
    for (let round = 0; round < rounds; round += 1) {
      for (const way of ways.map((_, index) => ways[(index + round) % ways.length]!)) {
        await store.pool.query(`truncate kombo_sync.changes, ${way.table}`);
        const speed: number[] = [];
        for (const [step, pages] of [first, second, second].entries()) {
          const start = performance.now();
          await way.write(pages, new Date(1_000 * (step + 1)));
          speed.push((PAGES * PAGE * 1_000) / (performance.now() - start));
        }
        speeds.get(way)!.push(speed);
      }
    }
    report(ways, speeds);
  } finally {
    for (const way of ways) await way.close();
    await store.close();
    await database.stop();
  }
}

function report(ways: readonly Way[], speeds: ReadonlyMap<Way, number[][]>): void {
  print(
    `\n${'rows/s, median; and the share of the first (the rounds)'.padEnd(58)}${STEPS.map((step) => step.padStart(24)).join('')}`,
  );
  const [base] = ways;
  for (const way of ways) {
    const cells = STEPS.map((_, step) => {
      const own = speeds.get(way)!.map((round) => round[step]!);
      const shares = own
        .map((speed, round) => speed / speeds.get(base!)![round]![step]!)
        .toSorted((a, b) => a - b);
      const range = `${shares[0]!.toFixed(2)}-${shares.at(-1)!.toFixed(2)}`;
      return `${median(own).toFixed(0)}  ${median(shares).toFixed(2)} (${range})`.padStart(24);
    });
    print(way.name.padEnd(58) + cells.join(''));
  }
}

const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

await main();
