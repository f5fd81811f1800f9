import type { Client } from '@temporalio/client';
import type { LookUpDeps } from '../../src/operations/deps.ts';
import type { System } from './setup.ts';

/** An operator whose first call of one kind finds Temporal away. */
export function interrupted({ operator, temporal }: System, method: 'start' | 'signalWithStart'): LookUpDeps {
  const { client } = temporal;
  let away = true;
  const call = (...args: unknown[]): unknown => {
    if (!away) return Reflect.apply(client.workflow[method], client.workflow, args);
    away = false;
    return Promise.reject(new Error('Temporal is away.'));
  };
  const workflow = Object.create(client.workflow, { [method]: { value: call } }) as Client['workflow'];
  const interruptible = Object.create(client, { workflow: { value: workflow } }) as Client;
  return { ...operator, temporal: { ...temporal, client: interruptible } };
}

/** An operator; `by` runs when it deletes the first schedule. */
export function overtaken({ operator, temporal }: System, by: () => Promise<unknown>): LookUpDeps {
  const { client } = temporal;
  let calls = 0;
  const getHandle = (id: string) => {
    const handle = client.schedule.getHandle(id);
    const remove = async () => {
      if (calls++ === 0) await by();
      return handle.delete();
    };
    return Object.create(handle, { delete: { value: remove } }) as typeof handle;
  };
  const schedule = Object.create(client.schedule, { getHandle: { value: getHandle } }) as Client['schedule'];
  const slow = Object.create(client, { schedule: { value: schedule } }) as Client;
  return { ...operator, temporal: { ...temporal, client: slow } };
}
