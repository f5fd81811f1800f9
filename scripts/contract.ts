/**
 * Compares the catalogue of endpoints with the newest package of Kombo's SDK on PyPI, the newest description of Kombo's
 * API that a program can read: endpoints, model names, fields of records, and the parameters that a sync sends. It
 * reads the sources as text and runs none of them.
 *
 *   npm run contract                         everything that one side lacks, and a summary
 *   npm run contract -- --summary            one line
 *   npm run contract -- --strict             exit code 1 if the catalogue lacks something
 *   npm run contract -- --timeout 10 --index https://pypi.example.com/pypi/kombo/json
 *
 * Exit code 0 if they were compared, 2 if the package cannot be fetched or read.
 */
import { parseArgs } from 'node:util';
import { CATALOGUE, KNOWN_MODELS } from '../src/domain/catalogue/index.ts';
import { compare, listFindings, summarize } from './contract/compare.ts';
import { fetchPackage, NoPackage, PYPI } from './contract/fetch-package.ts';
import { readPackage } from './contract/read-package.ts';

const CANNOT = 2;

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof NoPackage) && !isWrongUse(error)) throw error;
  process.stderr.write(`The catalogue was not compared. ${(error as Error).message}\n`);
  process.exitCode = CANNOT;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      index: { type: 'string', default: PYPI },
      timeout: { type: 'string', default: '30' },
      summary: { type: 'boolean', default: false },
      strict: { type: 'boolean', default: false },
    },
  });
  const seconds = Number(values.timeout);
  if (!(seconds > 0 && seconds <= 600)) {
    throw new NoPackage(
      `--timeout ${values.timeout} is not a time up to 600 seconds.`,
      'Write seconds, for example --timeout 10.',
    );
  }
  if (!URL.canParse(values.index)) {
    throw new NoPackage(`--index ${values.index} is not an address.`, `Write one such as ${PYPI}.`);
  }
  const found = await fetchPackage(values.index, seconds * 1000);
  const published = readPackage(found);
  const findings = compare({ endpoints: CATALOGUE, models: KNOWN_MODELS }, published);
  const lacks = listFindings(findings, 'catalogue');
  if (!values.summary) {
    print('The catalogue lacks:', lacks);
    print(
      'The package lacks (it leaves out LMS, and what is deprecated or in closed beta):',
      listFindings(findings, 'package'),
    );
  }
  process.stdout.write(`${summarize(found, published, findings)}\n`);
  return values.strict && lacks.length > 0 ? 1 : 0;
}

function print(title: string, lines: readonly string[]): void {
  const body = lines.length === 0 ? ['  nothing'] : lines;
  process.stdout.write(`${[title, ...body].join('\n')}\n\n`);
}

/** Whether `parseArgs` refused the arguments. */
function isWrongUse(error: unknown): boolean {
  return String((error as { code?: unknown } | null)?.code).startsWith('ERR_PARSE_ARGS_');
}
