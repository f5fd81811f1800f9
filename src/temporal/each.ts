import { explain, outageOf, type TemporalKind } from '../outages/index.ts';

/** An integration for which something could not be done. */
export interface Failed {
  id: string;
  /** Why, and what to do. */
  message: string;
}

/** Whether what Temporal says holds for one integration, or for all of them. */
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

/** Whether something fails for one integration only, so that the next one may go well. */
export function isAboutOne(error: unknown): boolean {
  const outage = outageOf(error);
  return outage?.part === 'temporal' ? IS_ABOUT_ONE[outage.kind] : outage === undefined;
}

/**
 * Does something for each integration, several at once. One that fails keeps none of the others from being done.
 *
 * @returns those that failed, in order of their ids.
 * @throws what holds for all of them: that Temporal is away, or refuses every request.
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
