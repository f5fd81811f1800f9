import { ApplicationFailure } from '@temporalio/workflow';
import { isTimestamp } from '../src/domain/records.ts';
import type { EraseInput, FullSyncInput, IntegrationSyncInput } from '../src/domain/sync.ts';

/** Input may come from the plain `temporal` CLI, so its form is checked; a wrong one fails the run and says why. */
export function readIntegrationSyncInput(input: IntegrationSyncInput | undefined): IntegrationSyncInput {
  return { ...input, integrationId: readIntegrationId(input, 'integrationSync') };
}

export function readFullSyncInput(input: FullSyncInput | undefined): FullSyncInput {
  const integrationId = readIntegrationId(input, 'fullSync');
  const { models, since } = input ?? {};
  if (
    models !== undefined &&
    !(Array.isArray(models) && models.every((model) => typeof model === 'string'))
  ) {
    throw invalid('models must be a list of names, for example ["ats_jobs"].');
  }
  if (since !== undefined && !(typeof since === 'string' && isTimestamp(since))) {
    throw invalid('since must be a date or date-time, for example "2026-01-01".');
  }
  return { ...input, integrationId };
}

export function readEraseInput(input: EraseInput | undefined): EraseInput {
  return { ...input, integrationId: readIntegrationId(input, 'eraseIntegration') };
}

/** The names in a signal or update. A malformed one names nothing; it must not stop the run. */
export function readModels(message: { models?: unknown } | undefined): string[] {
  const models = message?.models;
  return Array.isArray(models) ? models.filter((model) => typeof model === 'string') : [];
}

function readIntegrationId(input: { integrationId?: unknown } | undefined, workflow: string): string {
  const id = input?.integrationId;
  if (typeof id === 'string' && id !== '') return id;
  throw invalid(
    `${workflow} needs an integration id, for example {"integrationId":"personio:CBNMt7dSNCzBdnRTx87dev4E"}.`,
  );
}

function invalid(message: string): ApplicationFailure {
  return ApplicationFailure.create({ type: 'InvalidInput', message, nonRetryable: true });
}
