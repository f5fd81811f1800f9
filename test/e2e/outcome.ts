import type { Category } from '../../src/domain/catalogue/index.ts';
import { describeSchedule } from '../../src/temporal/schedule-state.ts';
import { each, type System } from './setup.ts';

/** The final state of an integration. */
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

/** It has schedules, every endpoint was read in full this often, and the copy equals Kombo. */
export const whole = (times = 1, category: Category = 'LMS') => ({
  status: 'active',
  reason: null,
  fullPasses: each(times, category),
  differences: [],
  scheduled: true,
});
