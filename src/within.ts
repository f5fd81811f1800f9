/** Something took longer than its time limit. */
export class NoAnswer extends Error {
  override name = 'NoAnswer';
}

/**
 * The outcome of `work`, or a rejection if it takes longer than `ms`. The work itself continues.
 *
 * @throws NoAnswer with the time waited.
 */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new NoAnswer(`no answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
