import { setHandler, workflowInfo } from '@temporalio/workflow';
import { isName } from '../src/domain/text.ts';
import { readDeliveries, readModels, type Asked } from '../src/domain/wanted.ts';
import { parseTimestamp } from '../src/domain/timestamp.ts';
import { integrationChanged, modelsChanged, syncNow, syncState } from './messages.ts';
import type { Reads } from './reads.ts';
import type { RunState } from './run-state.ts';

/** What a run hears. A malformed message asks for nothing; it must not stop the run. */
export function handleMessages(state: RunState, reads: Reads): void {
  const ask = (message: unknown, asked: Asked) => {
    const now = Date.now();
    const about = { ...aboutIntegration(message), deliveries: readDeliveries(message, now) };
    state.ask({ ...about, ...asked }, now, workflowInfo().historyLength);
  };
  setHandler(
    modelsChanged,
    (signal) => ask(signal, { models: readModels(signal), everything: signal?.everything === true }),
    { description: 'Models that Kombo says have changed.' },
  );
  setHandler(
    integrationChanged,
    (signal) => {
      if (signal?.event !== 'deleted') {
        ask(signal, { lookUp: true });
        return;
      }
      // The deletion came before its message, even if the sender's clock says otherwise.
      const now = Date.now();
      const deletedAt = Math.min(now, parseTimestamp(signal.deletedAt ?? '')?.getTime() ?? now);
      ask(signal, { lookUp: true, deletedAt });
      // The look-up after a deletion does not wait for reads, which may take hours.
      state.cut.push(...reads.cut().map(({ syncId }) => syncId));
    },
    { description: 'The integration itself changed: look it up again.' },
  );
  setHandler(
    syncNow,
    (request) => {
      const models = readModels(request);
      ask(undefined, { models, everything: models.length === 0, urgent: true });
      return { accepted: true };
    },
    { description: 'Sync without waiting; every endpoint when no models are named.' },
  );
  setHandler(syncState, () => state.describe(reads.open), {
    description: 'What waits, what is read, what is done.',
  });
}

function aboutIntegration(message: unknown): Pick<Asked, 'tool' | 'category' | 'originId'> {
  const { tool, category, originId } = (message ?? {}) as Record<string, unknown>;
  const nameOf = (value: unknown) => (isName(value) ? value : undefined);
  return { tool: nameOf(tool), category: nameOf(category), originId: nameOf(originId) };
}
