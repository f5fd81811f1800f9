import { ApplicationFailure } from '@temporalio/workflow';
import { fullSyncOptions } from '../src/domain/full-sync-options.ts';
import { NOTIFY_TARGETS } from '../src/domain/conditions.ts';
import type { NotifyInput } from '../src/domain/notification.ts';
import type { EraseInput, FullSyncInput, IntegrationSyncInput } from '../src/domain/sync.ts';
import { isIntegrationId } from '../src/domain/text.ts';

/** Input may come from the plain `temporal` CLI, so this checks its form. A wrong one fails the run with the reason. */
export function readIntegrationSyncInput(input: IntegrationSyncInput | undefined): IntegrationSyncInput {
  const integrationId = readIntegrationId(input, 'integrationSync');
  for (const name of ['quietMs', 'maxWaitMs'] as const) {
    const value: unknown = input?.[name];
    if (value !== undefined && !isDuration(value)) {
      throw invalid(`${name} must be a number of milliseconds from 0 to a day, for example 5000.`);
    }
  }
  return { ...input, integrationId };
}

export function readFullSyncInput(input: FullSyncInput | undefined): FullSyncInput {
  const integrationId = readIntegrationId(input, 'fullSync');
  try {
    return { ...input, ...fullSyncOptions(input ?? {}), integrationId };
  } catch (error) {
    throw error instanceof RangeError ? invalid(error.message) : error;
  }
}

export function readEraseInput(input: EraseInput | undefined): EraseInput {
  return { ...input, integrationId: readIntegrationId(input, 'eraseIntegration') };
}

export function readNotifyInput(input: NotifyInput | undefined): NotifyInput {
  const { id, target, test } = input ?? {};
  const known = NOTIFY_TARGETS.find((name) => name === target);
  if (isIntegrationId(id) && known) return { id, target: known, test: test === true };
  throw invalid(
    'notify needs an id and a target, for example {"id":"msg_1","target":"webhook","test":true}.',
  );
}

const DAY_MS = 24 * 60 * 60 * 1000;

function isDuration(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value <= DAY_MS;
}

function readIntegrationId(input: { integrationId?: unknown } | undefined, workflow: string): string {
  const id = input?.integrationId;
  if (isIntegrationId(id)) return id;
  throw invalid(
    `${workflow} needs an integration id, for example {"integrationId":"personio:CBNMt7dSNCzBdnRTx87dev4E"}.`,
  );
}

function invalid(message: string): ApplicationFailure {
  return ApplicationFailure.create({ type: 'InvalidInput', message, nonRetryable: true });
}
