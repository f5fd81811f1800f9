import { proxyActivities, sleep } from '@temporalio/workflow';
import type { Activities } from '../../activities/index.ts';
import type { Issue } from '../../src/domain/issues.ts';
import type { IntegrationSyncInput } from '../../src/domain/sync.ts';

const { noteIssue } = proxyActivities<Activities>({ startToCloseTimeout: '1m' });

/** Differs from the recorded runs, so the replay must refuse it. */
export async function integrationSync(input: IntegrationSyncInput): Promise<void> {
  await sleep(input.quietMs ?? 1_000);
  await noteIssue({} as Issue);
}
