import type { Client } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from '../domain/names.ts';
import { grpcAnswer } from '../outages/index.ts';

/** Numbers of the server's IndexedValueType: https://github.com/temporalio/api, enums/v1/common.proto */
const TYPES = ['Unspecified', 'Text', 'Keyword', 'Int', 'Double', 'Bool', 'Datetime', 'KeywordList'] as const;
const NEEDED = { KEYWORD: 'Keyword', KEYWORD_LIST: 'KeywordList' } as const;

/** gRPC status codes: https://grpc.io/docs/guides/status-codes/ */
const INVALID_ARGUMENT = 3;
/** Some servers, for example Temporal Cloud, do not let every program list or make search attributes. */
const REFUSED: readonly (number | undefined)[] = [7, 12, 16];

/** One of our search attributes that cannot be used. */
export interface UnusableAttribute {
  name: string;
  needed: 'Keyword' | 'KeywordList';
  /** The type that it has; null if there is no such attribute. */
  found: string | null;
  /** Why it could not be registered, in the words of the server. */
  reason?: string;
}

/** The parts of a client that are used here, since workers connect by another library than commands and `serve`. */
export type Asked = Pick<Client, 'connection' | 'options'>;

const WANTED = SEARCH_ATTRIBUTES.map(({ name, type }) => ({ name, needed: NEEDED[type] }));

/** Our search attributes that the namespace does not have, or has with another type. */
export async function unusableAttributes(client: Asked): Promise<UnusableAttribute[]> {
  const { namespace } = client.options;
  try {
    const { customAttributes } = await client.connection.operatorService.listSearchAttributes({ namespace });
    const types = new Map(Object.entries(customAttributes ?? {}));
    return WANTED.flatMap(({ name, needed }): UnusableAttribute[] => {
      const type = types.get(name);
      const found = type === undefined ? null : (TYPES[type] ?? `type ${type}`);
      return found === needed ? [] : [{ name, needed, found }];
    });
  } catch (error) {
    if (!REFUSED.includes(grpcAnswer(error)?.code)) throw error;
    const asked = await Promise.all(WANTED.map((wanted) => judgeByQueries(client, wanted)));
    return asked.filter((found) => found !== undefined);
  }
}

/** If the server does not give the list, the queries that it accepts show the type of an attribute. */
async function judgeByQueries(
  client: Asked,
  { name, needed }: (typeof WANTED)[number],
): Promise<UnusableAttribute | undefined> {
  if (!(await takesQuery(client, `${name} IS NULL`))) return { name, needed, found: null };
  // Of all types for text, only Keyword accepts this query.
  const isKeyword = await takesQuery(client, `${name} STARTS_WITH 'none'`);
  if (isKeyword === (needed === 'Keyword')) return undefined;
  return { name, needed, found: isKeyword ? 'Keyword' : 'another type' };
}

async function takesQuery(client: Asked, query: string): Promise<boolean> {
  try {
    const { namespace } = client.options;
    await client.connection.workflowService.countWorkflowExecutions({ namespace, query });
    return true;
  } catch (error) {
    if (grpcAnswer(error)?.code === INVALID_ARGUMENT) return false;
    throw error;
  }
}

interface Registered {
  /** Names of the new ones. */
  added: string[];
  /** Those that still cannot be used. Syncs run without them. */
  unusable: UnusableAttribute[];
}

/** Registers the missing search attributes, as far as the server has room for them and allows it. */
export async function registerSearchAttributes(client: Asked): Promise<Registered> {
  const missing = (await unusableAttributes(client)).filter(({ found }) => found === null);
  const reasons = new Map<string, string>();
  if (missing.length > 0 && (await refusal(client, missing)) !== undefined) {
    // One by one, the most useful first: there may be room for some of them.
    for (const one of missing) {
      const reason = await refusal(client, [one]);
      if (reason !== undefined) reasons.set(one.name, reason);
    }
  }
  const added = missing.map(({ name }) => name).filter((name) => !reasons.has(name));
  const left = (await unusableAttributes(client)).filter(({ name }) => !added.includes(name));
  return {
    added,
    unusable: left.map((one) => {
      const reason = reasons.get(one.name);
      return reason === undefined ? one : { ...one, reason };
    }),
  };
}

/** Registers attributes. @returns why the server refuses; undefined if it has registered them. */
async function refusal(client: Asked, wanted: readonly UnusableAttribute[]): Promise<string | undefined> {
  try {
    await client.connection.operatorService.addSearchAttributes({
      namespace: client.options.namespace,
      searchAttributes: Object.fromEntries(wanted.map(({ name, needed }) => [name, TYPES.indexOf(needed)])),
    });
    return undefined;
  } catch (error) {
    const answer = grpcAnswer(error);
    if (answer === undefined || OUTAGES.includes(answer.code)) throw error;
    return answer.details;
  }
}

/** gRPC codes that say nothing about the attributes: cancelled, too late, away. */
const OUTAGES: readonly number[] = [1, 4, 14];

/** What is wrong, what you lose by it, and what to do. */
export function describeUnusable(unusable: readonly UnusableAttribute[]): { what: string; remedy: string } {
  const names = unusable.map(({ name }) => name).join(', ');
  const wrong = unusable.filter(({ found }) => found !== null);
  const missing = Map.groupBy(
    unusable.filter(({ found }) => found === null),
    ({ reason }) => reason,
  );
  const parts = [
    ...wrong.map(({ name, found, needed }) => `${name} has the type ${found} and needs ${needed}`),
    ...[...missing].map(([reason, list]) => missingText(list, reason)),
  ];
  const first = wrong.length > 0 ? 'Remove what has another type, or rename it on Temporal Cloud. ' : '';
  return {
    what:
      `${parts.join('; ')}. Syncs still run, without these labels: ` +
      `Temporal's UI and the temporal CLI cannot find runs by ${names}`,
    remedy: `${first}Run: kombo-sync setup. If that may not make them, make them by hand: docs/operations.md, "Search attributes by hand".`,
  };
}

function missingText(missing: readonly UnusableAttribute[], reason: string | undefined): string {
  const names = missing.map(({ name, needed }) => `${name} (${needed})`).join(', ');
  const text = `${names} ${missing.length === 1 ? 'is' : 'are'} not there`;
  return reason === undefined ? text : `${text}: ${reason.replace(/\.$/, '')}`;
}

/** Whether Temporal refused a request because of one of our search attributes: its answer names it. */
export function isAboutAttributes(error: unknown): boolean {
  const answer = grpcAnswer(error);
  if (answer?.code !== INVALID_ARGUMENT) return false;
  return SEARCH_ATTRIBUTES.some(({ name }) => answer.details.includes(name));
}
