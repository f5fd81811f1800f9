import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import { connectTemporal, type TemporalHandle } from '../../src/temporal/connect.ts';
import { afterFile } from './after-file.ts';

/**
 * Connects to the shared Temporal server, or to another one, and points the settings of this process to it. Closes the
 * connection after the file.
 */
export async function testTemporal(address = inject('temporalAddress')): Promise<TemporalHandle> {
  process.env['TEMPORAL_ADDRESS'] = address;
  const handle = await connectTemporal();
  afterFile(() => handle.close());
  return handle;
}

/** Each test has its own task queue, since tests run side by side on one server. */
export function uniqueTaskQueue(): string {
  return `test-${randomBytes(6).toString('hex')}`;
}

/** Each test has its own integration ids, since the ids of workflows and schedules follow from them. */
export function uniqueIntegrationId(tool = 'bombohr'): string {
  return `${tool}:${randomBytes(6).toString('hex')}`;
}
