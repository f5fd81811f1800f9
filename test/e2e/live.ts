import type { Debt } from '../../src/domain/decide.ts';
import type { DebtKind } from '../../src/domain/reads.ts';
import { createSystem } from './setup.ts';

/** The debounce and three seconds, on a shared machine. */
export const SOON_MS = 8_000;

/** A service with short pauses, for tests that break one part and look at another. */
export async function createLiveSystem() {
  const system = await createSystem({ RETRY_INTERVAL: '1s', RETRY_MAX_INTERVAL: '2s' });
  await system.worker();
  await system.server();
  const { control } = system;

  return {
    system,
    debt: async (id: string, endpoint: string): Promise<Partial<Record<DebtKind, Debt>>> =>
      (await system.debts(id)).get(endpoint) ?? {},
    isOwed: async (id: string): Promise<boolean> => (await system.debts(id)).size > 0,
    /** An integration that was read once. */
    integration: async (users = 20): Promise<string> => {
      const id = system.integration({ records: { lms_users: users } });
      await system.firstSync(id);
      return id;
    },
    /** Changes a record, reports it, and waits until it is a row, which must be soon. */
    change: async (id: string, table: 'lms_users' | 'lms_courses'): Promise<boolean> => {
      const [record] = control.ids(id, table);
      const value = `seen ${Math.random()}`;
      control.update(id, table, record!, { remote_id: value });
      await system.tell(id, [table]);
      return system.arrives(id, table, record!, value, SOON_MS);
    },
  };
}
