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
 * Runs and schedules carry search attributes as labels. A namespace may lack some, have no place for them, or have them with
 * another type, and then the server refuses all that carries them. So that nothing waits for a label, they are left out.
 */

/** So long an answer holds. */
const FRESH_MS = 60_000;

/** What the namespace of a client lacks, as far as that is known. */
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

  /** Where the server does not answer, what was known stays. */
  async ask(): Promise<void> {
    this.#asking ??= this.#learn().finally(() => (this.#asking = undefined));
    await this.#asking;
  }

  async #learn(): Promise<void> {
    try {
      this.unusable = await unusableAttributes(this.#client);
      this.#askedAt = performance.now();
    } catch {
      // The call that needs to know will say so itself.
    }
  }
}

const BY_CLIENT = new WeakMap<Client, Known>();

function knownOf(client: Client): Known {
  const known = BY_CLIENT.get(client) ?? new Known(client);
  BY_CLIENT.set(client, known);
  return known;
}

/** Names of the search attributes that cannot be used, by an answer that is at most a minute old. */
export async function unusableNames(client: Client): Promise<Set<string>> {
  const known = knownOf(client);
  if (!known.isFresh()) await known.ask();
  return known.names();
}

/**
 * Starts something with the labels that the namespace can take. The server is only asked which these are when it has refused
 * one, so that a start costs no more than itself.
 *
 * @param act does it; again when labels are refused, which means that nothing was done before.
 * @param options.bare whether to do without all labels, rather than to fail, when the server refuses what it has.
 */
export async function labelled<T>(
  client: Client,
  labels: Labels,
  act: (attributes: TypedSearchAttributes) => Promise<T>,
  { bare = true } = {},
): Promise<T> {
  const known = knownOf(client);
  const without = known.names();
  // What was mended since is used again, from the next time on.
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

/** Says in the log which labels are left out; never throws. */
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
