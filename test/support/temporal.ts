import { randomBytes } from 'node:crypto';
import { afterAll, inject } from 'vitest';
import { connectTemporal, type TemporalHandle } from '../../src/temporal/connect.ts';

/**
 * A connection to the shared Temporal server, or to another one; also points this process's settings at it. Closed after the
 * file.
 */
export async function testTemporal(address = inject('temporalAddress')): Promise<TemporalHandle> {
  process.env['TEMPORAL_ADDRESS'] = address;
  const handle = await connectTemporal();
  afterAll(() => handle.close());
  return handle;
}

/** Tests run side by side on one server: each has a task queue of its own. */
export function uniqueTaskQueue(): string {
  return `test-${randomBytes(6).toString('hex')}`;
}

/** Workflow and schedule ids derive from the integration id, so each test makes its own. */
export function uniqueIntegrationId(tool = 'bombohr'): string {
  return `${tool}:${randomBytes(6).toString('hex')}`;
}
