type Clean = () => unknown;

const left: Clean[] = [];

/** Runs after the test file, the last one first. Unlike Vitest's `afterAll`, it also works inside of `beforeAll`. */
export function afterFile(clean: Clean): void {
  left.push(clean);
}

/** Runs all of them, even if some fail. */
export async function cleanUp(): Promise<void> {
  const errors: unknown[] = [];
  for (let clean = left.pop(); clean; clean = left.pop()) {
    try {
      await clean();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length === 1) throw errors[0];
  if (errors.length > 1) throw new AggregateError(errors, 'Several things could not be cleaned up.');
}
