import { explain, outageOf, type TemporalKind } from '../outages/index.ts';

/** An integration for which an action failed. */
export interface Failed {
  id: string;
  /** Why, and what to do. */
  message: string;
}

/** Whether an outage of Temporal concerns one integration (true) or all of them. */
const IS_ABOUT_ONE: Record<TemporalKind, boolean> = {
  away: false,
  late: false,
  busy: false,
  'refused-credentials': false,
  denied: false,
  untrusted: false,
  'no-namespace': false,
  failed: true,
};

/** Whether an error concerns one integration only, so that the next one may succeed. */
export function isAboutOne(error: unknown): boolean {
  const outage = outageOf(error);
  return outage?.part === 'temporal' ? IS_ABOUT_ONE[outage.kind] : outage === undefined;
}

/**
 * Runs an action for each integration, several at once. A failure does not stop the others.
 *
 * @returns the integrations that failed, in order of their ids.
 * @throws an error that concerns all of them: Temporal is away, or refuses every request.
 */
export async function eachByItself<T extends { id: string }>(
  items: readonly T[],
  atOnce: number,
  act: (item: T) => Promise<unknown>,
): Promise<Failed[]> {
  const failed: Failed[] = [];
  const queue = [...items];
  const work = async () => {
    for (let item = queue.shift(); item; item = queue.shift()) {
      try {
        await act(item);
      } catch (error) {
        if (!isAboutOne(error)) {
          queue.length = 0;
          throw error;
        }
        failed.push({ id: item.id, message: explain(error) });
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, work));
  return failed.sort((a, b) => (a.id < b.id ? -1 : 1));
}
