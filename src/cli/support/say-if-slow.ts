import type { Context } from './context.ts';

/** Shorter waits need no word. */
const SLOW_MS = 500;

/** Says what a command waits for, if that takes long. */
export async function sayIfSlow<T>(
  context: Pick<Context, 'note'>,
  text: string,
  work: Promise<T>,
): Promise<T> {
  const timer = setTimeout(() => context.note(text), SLOW_MS);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
  }
}
