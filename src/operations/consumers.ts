import {
  listConsumers,
  listFailures,
  removeConsumer,
  resetConsumer,
  retryFailures,
  type Consumer,
  type ConsumerFailure,
} from '../store/state/consumers.ts';
import type { Store } from '../store/database.ts';
import { notFound } from './errors.ts';

/** A consumer, with the first changes that it has skipped. */
export interface ConsumerDetail extends Consumer {
  skipped: ConsumerFailure[];
}

const SHOWN = 100;

const missing = (name: string) =>
  notFound(`No consumer is called ${name}. List them with: kombo-sync consumers list`);

/** @throws OperationError when there is no such consumer. */
export async function showConsumer(store: Store, name: string): Promise<ConsumerDetail> {
  const [consumer] = await listConsumers(store, name);
  if (!consumer) throw missing(name);
  return { ...consumer, skipped: await listFailures(store, name, SHOWN) };
}

/** @throws OperationError when there is no such consumer. */
export async function moveConsumer(store: Store, name: string, to: string): Promise<ConsumerDetail> {
  if (!(await resetConsumer(store, name, to))) throw missing(name);
  return showConsumer(store, name);
}

/** @throws OperationError when there is no such consumer. */
export async function dropConsumer(store: Store, name: string): Promise<void> {
  if (!(await removeConsumer(store, name))) throw missing(name);
}

/** @throws OperationError when there is no such consumer. */
export async function retrySkipped(store: Store, name: string): Promise<number> {
  await showConsumer(store, name);
  return retryFailures(store, name);
}
