import { setCurrentDetails, sleep } from '@temporalio/workflow';
import type { EraseInput } from '../src/domain/sync.ts';
import { readEraseInput } from './input.ts';
import { eraseIntegration as erase } from './proxies.ts';

/** The shortest pause of the loop, for any clocks. */
const SHORTEST_WAIT_MS = 60_000;

export interface EraseResult {
  integrationId: string;
  /** False if it is no longer removed, or if its data is kept. */
  erased: boolean;
  rows: number;
}

/**
 * Erases the rows of a removed integration when DELETED_RETENTION is over. It starts with a delay of that length, and
 * then checks again: the setting may have changed, and the integration may have come back.
 */
export async function eraseIntegration(untrusted: EraseInput): Promise<EraseResult> {
  const { integrationId, now } = readEraseInput(untrusted);
  let rows = 0;
  for (;;) {
    const step = await erase({ integrationId, now });
    rows += step.rows;
    if (step.state === 'erased') return { integrationId, erased: true, rows };
    if (step.state === 'kept') return { integrationId, erased: false, rows };
    if (step.state === 'early') {
      const waitMs = Math.max(SHORTEST_WAIT_MS, step.inMs);
      setCurrentDetails(`erases ${integrationId} at ${new Date(Date.now() + waitMs).toISOString()}`);
      await sleep(waitMs, { summary: 'DELETED_RETENTION' });
    } else setCurrentDetails(`${rows} rows erased`);
  }
}
