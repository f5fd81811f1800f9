import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    pool: 'forks',
    // Files that a worker runs one after the other share its modules: loading them took a tenth of the tests' time.
    isolate: false,
    // On two cores: much of the time is spent waiting, for timers of Temporal and for processes to start.
    maxWorkers: 4,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
