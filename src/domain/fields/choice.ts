import type { EndpointDefinition } from '../catalogue/index.ts';
import {
  EVERY_TABLE,
  nameOf,
  readName,
  SENSITIVE,
  type FieldRule,
  type Treatment,
  type WrongName,
} from './rules.ts';

/** All that is excluded or hashed. */
export interface FieldChoice {
  rules: readonly FieldRule[];
}

export const EVERYTHING_STORED: FieldChoice = { rules: [] };

export interface WrongChoice extends WrongName {
  treatment: Treatment;
}

/**
 * The rules that the names in EXCLUDE_FIELDS and HASH_FIELDS stand for. A field that you name in one of them wins over
 * a preset in the other.
 */
export function readChoice(
  names: Readonly<Record<Treatment, readonly string[]>>,
  tables?: readonly EndpointDefinition[],
): { choice: FieldChoice; wrong: WrongChoice[] } {
  const wrong: WrongChoice[] = [];
  const read = (treatment: Treatment, preset: boolean) =>
    names[treatment]
      .filter((name) => (name === SENSITIVE) === preset)
      .flatMap((name): FieldRule[] => {
        const rules = readName(name, treatment, tables);
        if (Array.isArray(rules)) return rules;
        wrong.push({ treatment, ...rules });
        return [];
      });
  const excluded = read('exclude', false);
  const hashed = read('hash', false);
  const presets = [...read('exclude', true), ...read('hash', true)].filter(
    (rule) => ![...excluded, ...hashed].some((other) => covers(other, rule)),
  );
  for (const rule of hashed) {
    const by = [...excluded, ...presets].find(
      (other) => other.treatment === 'exclude' && covers(other, rule),
    );
    if (by) {
      const problem = `names ${nameOf(rule)}, which EXCLUDE_FIELDS leaves out (${nameOf(by)})`;
      wrong.push({ treatment: 'hash', problem, remedy: 'name it in one of the two' });
    }
  }
  return { choice: { rules: unique([...excluded, ...hashed, ...presets]) }, wrong };
}

/** Whether a rule applies to everything that another one applies to. */
export function covers(rule: FieldRule, other: FieldRule): boolean {
  const everywhere = rule.table === EVERY_TABLE;
  if (!everywhere && rule.table !== other.table) return false;
  // A rule for every table applies at any depth, so also within a longer path.
  const starts = everywhere ? other.path.map((_, at) => at) : [0];
  return starts.some((at) => rule.path.every((name, step) => other.path[at + step] === name));
}

/** Whether `now` excludes or hashes all that `before` did. A hashed value may now be excluded. */
export function keepsOutAsMuch(now: FieldChoice, before: FieldChoice): boolean {
  return before.rules.every((rule) =>
    now.rules.some(
      (other) => (other.treatment === 'exclude' || rule.treatment === 'hash') && covers(other, rule),
    ),
  );
}

function unique(rules: readonly FieldRule[]): FieldRule[] {
  return [...new Map(rules.map((rule) => [nameOf(rule), rule])).values()].toSorted((a, b) =>
    nameOf(a) < nameOf(b) ? -1 : 1,
  );
}
