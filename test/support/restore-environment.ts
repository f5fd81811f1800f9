import { afterAll } from 'vitest';

// Test files that share a process share its environment. Without this, a namespace that one file sets would send the
// commands of the next file to another namespace than its client.
const before = { ...process.env };

afterAll(() => {
  for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
  Object.assign(process.env, before);
});
