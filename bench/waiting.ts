/**
 * How long a change of a healthy endpoint takes from its webhook to its row while another part of the same integration
 * fails. The quiet time of the debounce (a second) is in each number.
 *
 *   npm run bench:waiting            three times each
 *   npm run bench:waiting -- 10      more often
 *
 * Starts a Temporal server, Postgres and the sandbox of its own.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { FaultSpec } from '../sandbox/index.ts';
import { signalChanges, startFullSync } from '../src/temporal/start.ts';
import { startService } from '../test/support/service.ts';

const TIMES = Number(process.argv[2] ?? 3);
const USERS = '/lms/users';
const GIVE_UP_MS = 60_000;

const { control, config, store, client, close } = await startService({ TASK_QUEUE: 'waiting' });

interface Case {
  what: string;
  fault?: FaultSpec;
  /** Which look-up fails. */
  lookUp?: FaultSpec;
  /** A full sync of the failing endpoint runs meanwhile. */
  full?: boolean;
  /** The change is one of the failing endpoint itself. */
  itself?: boolean;
}

const always = { count: 'always' } as const;
const CASES: Case[] = [
  { what: 'nothing fails' },
  { what: 'another endpoint hangs', fault: { kind: 'stall', endpoint: USERS, ...always } },
  {
    what: 'another is limited, Retry-After 60',
    fault: { kind: 'rate-limit', retryAfter: 60, endpoint: USERS, ...always },
  },
  {
    what: 'another is limited, Retry-After 600',
    fault: { kind: 'rate-limit', retryAfter: 600, endpoint: USERS, ...always },
  },
  { what: 'another answers 503', fault: { kind: 'unavailable', endpoint: USERS, ...always } },
  {
    what: 'another is read in full, slowly',
    full: true,
    fault: { kind: 'delay', ms: 5_000, reads: 'full', endpoint: USERS, ...always },
  },
  {
    what: 'its own full read fails on page 2',
    full: true,
    itself: true,
    fault: { kind: 'status', status: 500, nth: 2, reads: 'full', endpoint: USERS, ...always },
  },
  { what: 'the look-up answers 500', lookUp: { kind: 'status', status: 500, ...always } },
  { what: 'the look-up hangs', lookUp: { kind: 'stall', ...always } },
];

let integrations = 0;

async function once(one: Case): Promise<number> {
  const id = `bench:${++integrations}`;
  control.addIntegration({ id, category: 'LMS', scale: 0, records: { lms_users: 300, lms_courses: 5 } });
  const first = await signal(id, []);
  await client.workflow.getHandle(first.workflowId, first.runId).result();
  if (one.fault) control.addFault({ ...one.fault, integration: id });
  if (one.lookUp) {
    control.addFault({ ...one.lookUp, endpoint: `/integrations/${encodeURIComponent(id)}` });
    await signal(id, [], 'state-changed');
  } else if (one.full) {
    await startFullSync(client, config, { integrationId: id, models: ['lms_users'] });
    await delay(3_000);
  } else if (one.fault) {
    await signal(id, ['lms_users']);
    await delay(3_000);
  }
  const table = one.itself ? 'lms_users' : 'lms_courses';
  const [record] = control.ids(id, table);
  control.update(id, table, record!, { remote_id: 'changed' });
  const startedAt = performance.now();
  await signal(id, [table]);
  const seen = `select from kombo.${table} where integration_id = $1 and id = $2 and remote_id = 'changed'`;
  while ((await store.pool.query(seen, [id, record])).rowCount === 0) {
    if (performance.now() - startedAt > GIVE_UP_MS) return Infinity;
    await delay(10);
  }
  return performance.now() - startedAt;
}

function signal(integrationId: string, models: string[], event?: 'state-changed') {
  return signalChanges(client, config, {
    integrationId,
    models,
    change: event && { event },
    trigger: 'webhook',
  });
}

const seconds = (ms: number) => (ms === Infinity ? 'over 60 s' : `${(ms / 1000).toFixed(1)} s`);

try {
  process.stdout.write(`${'while'.padEnd(40)}${'median'.padStart(10)}${'longest'.padStart(10)}\n`);
  for (const one of CASES) {
    const waits: number[] = [];
    for (let times = 0; times < TIMES; times += 1) waits.push(await once(one));
    waits.sort((a, b) => a - b);
    const median = seconds(waits[Math.floor(TIMES / 2)]!);
    process.stdout.write(
      `${one.what.padEnd(40)}${median.padStart(10)}${seconds(waits.at(-1)!).padStart(10)}\n`,
    );
  }
} finally {
  control.clearFaults();
  await close();
}
