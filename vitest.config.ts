import './scripts/require-node.js';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Files that start processes of their own, or play many histories, take longest; begun last, they would leave the other
 * workers idle at the end.
 */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isShort = (file: TestSpecification) =>
      !/\/test\/(browser|cli|conformance|dev|docs|e2e|liveness|properties)\//.test(file.moduleId);
    return (await super.sort(files)).toSorted((a, b) => Number(isShort(a)) - Number(isShort(b)));
  }
}

const report = process.env['TEST_REPORT'];

export default defineConfig({
  test: {
    ...(report ? { reporters: ['default', ['json', { outputFile: report }]] } : {}),
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    setupFiles: ['test/support/restore-environment.ts', 'test/support/clean-up.ts'],
    pool: 'forks',
    // Files that a worker runs one after the other share its modules: loading them took a tenth of the tests' time.
    isolate: false,
    // Collecting garbage took a quarter of the tests' time: much of it when idle, and whenever a small young generation was full.
    execArgv: ['--no-memory-reducer', '--min-semi-space-size=16', '--max-semi-space-size=64'],
    // On two cores: much of the time is spent waiting, for timers of Temporal and for processes to start.
    maxWorkers: 4,
    sequence: { sequencer: LongestFirst },
    // For tests that hang. Waits inside a test have bounds of their own, and a busy machine may need longer for many of them.
    testTimeout: 90_000,
    hookTimeout: 90_000,
  },
});
