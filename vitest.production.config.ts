import './scripts/require-node.js';
import { defineConfig } from 'vitest/config';

/** `npm run test:production`: Temporal's own server on Postgres, which `npm test` leaves out since it takes minutes to build. */
export default defineConfig({
  test: {
    include: ['test/production/**/*.production.ts'],
    globalSetup: ['test/production/global-setup.ts'],
    pool: 'forks',
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
