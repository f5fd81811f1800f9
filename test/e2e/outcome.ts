import type { Category } from '../../src/domain/catalogue/index.ts';
import { describeSchedule } from '../../src/temporal/schedule-state.ts';
import { each, type System } from './setup.ts';

/** What an integration is in the end. */
export async function outcomeOf(system: System, id: string) {
  const { fullSync } = await describeSchedule(system.temporal.client, id);
  const known = await system.known(id);
  return {
    status: known?.status,
    reason: known?.statusReason,
    fullPasses: await system.fullPasses(id),
    differences: await system.differences(id),
    scheduled: fullSync?.paused === false,
  };
}

/** Known, scheduled, and every endpoint read in full so often; the copy is as Kombo is. */
export const whole = (times = 1, category: Category = 'LMS') => ({
  status: 'active',
  reason: null,
  fullPasses: each(times, category),
  differences: [],
  scheduled: true,
});
