import { z } from 'zod';
import type { SettingIssue } from '../config-error.ts';
import { duration, onOff, optionalPort, otherwise, parsed } from '../config-values.ts';

const count = (standard: string, what: string, most: number) =>
  z
    .string()
    .default(standard)
    .transform(
      parsed((text) => (/^[1-9]\d{0,3}$/.test(text) && Number(text) <= most ? Number(text) : undefined), {
        problem: `is not a number of ${what} from 1 to ${most}`,
        example: standard,
      }),
    );

/** A chunk and the page that ends it must fit into the ten minutes that Temporal gives an activity. */
const SHORTEST_CHUNK_MS = 5_000;
const LONGEST_CHUNK_MS = 8 * 60_000;

/** What `worker` shows, and how much it does at once. */
export const WORKER_SETTINGS = {
  METRICS_PORT: optionalPort(9464).describe(
    'Port on HOST where `worker` serves `/metrics`, `/healthz` and `/readyz`; none without it',
  ),
  METRICS_PER_INTEGRATION: onOff('off').describe(
    'Label the metrics of `worker` with the integration (`on`): a series for each, so only for some hundred integrations',
  ),
  WORKER_SLOTS: z
    .string()
    .default('40')
    .transform(
      parsed(
        (text): number | 'auto' | undefined => {
          if (text === 'auto') return text;
          return /^[1-9]\d{0,3}$/.test(text) ? Number(text) : undefined;
        },
        { problem: 'is not a number of slots and not auto', example: '40' },
      ),
    )
    .describe(
      'Activities that each `worker` runs at once; `auto` runs as many as memory and CPU allow, two for each connection of DATABASE_POOL at most',
    ),
  PASSES_PER_SYNC: count('4', 'passes', 100).describe('Passes that one sync reads at once'),
  CHUNK: duration('4m')
    .refine(
      (ms) => ms >= SHORTEST_CHUNK_MS && ms <= LONGEST_CHUNK_MS,
      otherwise({ problem: 'must be from 5s to 8m', example: '4m' }),
    )
    .describe('How long a pass is read before it gives its slot to others'),
} as const;

/** Slots for each connection: a slot holds one while it writes a page, and waits for Kombo about as long. */
const SLOTS_PER_CONNECTION = 2;

interface Sizes {
  WORKER_SLOTS: number | 'auto';
  PASSES_PER_SYNC: number;
  DATABASE_POOL: number;
}

/** The most slots that the connections allow. */
export const mostSlots = ({ DATABASE_POOL }: Pick<Sizes, 'DATABASE_POOL'>) =>
  DATABASE_POOL * SLOTS_PER_CONNECTION;

/** Sizes of a worker that do not go together. Other processes may have a smaller pool. */
export function problemsOfWorker(sizes: Sizes): SettingIssue[] {
  const { WORKER_SLOTS, PASSES_PER_SYNC, DATABASE_POOL } = sizes;
  const most = mostSlots(sizes);
  const slots = WORKER_SLOTS === 'auto' ? most : WORKER_SLOTS;
  const issues: SettingIssue[] = [];
  if (slots > most) {
    const needed = Math.ceil(slots / SLOTS_PER_CONNECTION);
    issues.push({
      name: 'DATABASE_POOL',
      problem: `is ${DATABASE_POOL}, which is too few connections for ${slots} slots: pages would wait for one, and fail after five seconds`,
      remedy: `set it to ${needed} or more, or WORKER_SLOTS to ${most} or less`,
      example: String(needed),
    });
  }
  if (PASSES_PER_SYNC > slots) {
    issues.push({
      name: 'PASSES_PER_SYNC',
      problem: `is ${PASSES_PER_SYNC}, more than the ${slots} slots of a worker`,
      remedy: 'make it smaller, or one sync takes every slot',
      example: '4',
    });
  }
  return issues;
}
