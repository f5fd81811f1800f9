import type { Action } from '../domain/audit.ts';
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
import { audited, permitted } from './audited.ts';
import type { OperationDeps } from './deps.ts';
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
  const [consumer] = await listConsumers(store, { name });
  if (!consumer) throw missing(name);
  return { ...consumer, skipped: await listFailures(store, name, SHOWN) };
}

type Deps = Pick<OperationDeps, 'store' | 'actor'>;

/** Has it continue elsewhere. @throws OperationError when there is no such consumer. */
export async function moveConsumer(deps: Deps, name: string, to: string): Promise<ConsumerDetail> {
  return act(deps, { action: 'reset-consumer', name, details: { to } }, async ({ store }) => {
    if (!(await resetConsumer(store, name, to))) throw missing(name);
    return showConsumer(store, name);
  });
}

/** @throws OperationError when there is no such consumer. */
export async function dropConsumer(deps: Deps, name: string): Promise<void> {
  await act(deps, { action: 'remove-consumer', name }, async ({ store }) => {
    if (!(await removeConsumer(store, name))) throw missing(name);
  });
}

/** Returns how many changes it takes up again. @throws OperationError when there is no such consumer. */
export async function retrySkipped(deps: Deps, name: string): Promise<number> {
  return act(deps, { action: 'retry-consumer', name }, ({ store }) => retryFailures(store, name));
}

interface ConsumerAct {
  action: Action;
  name: string;
  details?: Record<string, unknown>;
}

async function act<T>(
  deps: Deps,
  { action, name, details = {} }: ConsumerAct,
  work: (deps: Deps) => Promise<T>,
): Promise<T> {
  const recorded = { action, integrationId: null, details: { consumer: name, ...details } };
  await permitted(deps, recorded, () => showConsumer(deps.store, name));
  return audited(deps, recorded, () => work(deps));
}
