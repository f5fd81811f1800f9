import { afterAll } from 'vitest';

// Files of one worker share its process. What one of them sets there would otherwise decide what the next one talks to:
// a namespace left behind, and its commands and its client are at two places.
const before = { ...process.env };

afterAll(() => {
  for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
  Object.assign(process.env, before);
});
