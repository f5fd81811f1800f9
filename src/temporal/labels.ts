import type { Client } from '@temporalio/client';
import { TypedSearchAttributes } from '@temporalio/common';
import { searchAttributes, type Labels } from '../domain/names.ts';
import type { Logger } from '../log.ts';
import { explain } from '../outages/index.ts';
import {
  describeUnusable,
  isAboutAttributes,
  unusableAttributes,
  type UnusableAttribute,
} from './search-attributes.ts';

/*
 * Runs and schedules carry search attributes as labels. A namespace may lack some, have no room for them, or have them
 * with another type, and then the server refuses every run and schedule that carries them. So such labels are left out:
 * nothing waits for a label.
 */

/** How long an answer is used. */
const FRESH_MS = 60_000;

/** What is known about the search attributes of a client's namespace. */
class Known {
  unusable: readonly UnusableAttribute[] = [];
  #askedAt = -Infinity;
  #asking: Promise<void> | undefined;
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  isFresh(): boolean {
    return performance.now() - this.#askedAt < FRESH_MS;
  }

  names(): Set<string> {
    return new Set(this.unusable.map(({ name }) => name));
  }

  /** If the server does not answer, the last answer stays in use. */
  async ask(): Promise<void> {
    this.#asking ??= this.#learn().finally(() => (this.#asking = undefined));
    await this.#asking;
  }

  async #learn(): Promise<void> {
    try {
      this.unusable = await unusableAttributes(this.#client);
      this.#askedAt = performance.now();
    } catch {
      // The call that needs the answer reports the outage itself.
    }
  }
}

const BY_CLIENT = new WeakMap<Client, Known>();

function knownOf(client: Client): Known {
  const known = BY_CLIENT.get(client) ?? new Known(client);
  BY_CLIENT.set(client, known);
  return known;
}

/** Names of the search attributes that cannot be used, from an answer that is at most a minute old. */
export async function unusableNames(client: Client): Promise<Set<string>> {
  const known = knownOf(client);
  if (!known.isFresh()) await known.ask();
  return known.names();
}

/**
 * Starts a run or a schedule with the labels that the namespace accepts. It asks the server which these are only after
 * a refusal, so that a start usually costs one request.
 *
 * @param act starts it. If the server refuses the labels, it has done nothing, so `act` is called again.
 * @param options.bare whether to start it without labels, rather than to fail, if the server refuses even its own.
 */
export async function labelled<T>(
  client: Client,
  labels: Labels,
  act: (attributes: TypedSearchAttributes) => Promise<T>,
  { bare = true } = {},
): Promise<T> {
  const known = knownOf(client);
  const without = known.names();
  // A label that works again is used from the next call on.
  if (without.size > 0 && !known.isFresh()) void known.ask();
  try {
    return await act(toAttributes(labels, without));
  } catch (error) {
    if (!isAboutAttributes(error)) throw error;
    await known.ask();
    const now = known.names();
    if (!isSame(now, without)) {
      try {
        return await act(toAttributes(labels, now));
      } catch (second) {
        if (!bare || !isAboutAttributes(second)) throw second;
      }
    } else if (!bare) throw error;
    return act(new TypedSearchAttributes());
  }
}

function isSame(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && [...one].every((name) => other.has(name));
}

function toAttributes(labels: Labels, without: ReadonlySet<string>): TypedSearchAttributes {
  return new TypedSearchAttributes(searchAttributes(labels).filter(({ key }) => !without.has(key.name)));
}

/** Logs which labels are left out. It never throws. */
export async function warnOfUnusable(client: Client, log: Logger): Promise<void> {
  try {
    const unusable = await unusableAttributes(client);
    if (unusable.length === 0) return;
    const { what, remedy } = describeUnusable(unusable);
    log.warn({ searchAttributes: unusable.map(({ name }) => name) }, `${what}. ${remedy}`);
  } catch (error) {
    log.debug(`The search attributes cannot be checked: ${explain(error)}`);
  }
}
