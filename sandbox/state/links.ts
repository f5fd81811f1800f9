import { hashText, mix } from '../random.ts';
import type { LinkDefinition } from '../model/index.ts';
import type { TableState } from './table.ts';

/** The default targets of a source. They are dealt out in turn, so links can be followed both ways. */
function dealtTargets(name: string, link: LinkDefinition, source: number, targets: number): number[] {
  if (targets === 0) return [];
  if (link.tree) {
    const parent = Math.floor((source - 1) / link.tree);
    return source === 0 || parent >= targets ? [] : [parent];
  }
  const first = (source + (link.shift ?? 0)) % targets;
  if (link.share === undefined && link.many === undefined) return [first];
  const dice = mix(hashText(name), source);
  if (link.share !== undefined && dice % 100 >= link.share) return [];
  const count = link.many === undefined ? 1 : Math.min(dice % (link.many + 1), targets);
  return Array.from({ length: count }, (_, turn) => (first + turn) % targets);
}

/** The targets of a source: those that were set, otherwise the default ones. */
export function targetsOf(
  name: string,
  link: LinkDefinition,
  source: number,
  from: TableState,
  to: TableState,
): number[] {
  return from.peek(source)?.links?.[name] ?? dealtTargets(name, link, source, to.generated);
}

/** The sources whose link points at the target, oldest first. */
export function sourcesOf(
  name: string,
  link: LinkDefinition,
  target: number,
  from: TableState,
  to: TableState,
): number[] {
  const sources = new Set(from.adopted(name, target));
  const consider = (source: number) => {
    if (source < 0 || source >= from.total || from.peek(source)?.links?.[name]) return;
    if (dealtTargets(name, link, source, to.generated).includes(target)) sources.add(source);
  };
  if (link.tree) {
    for (let child = 1; child <= link.tree; child++) consider(target * link.tree + child);
  } else if (target < to.generated) {
    for (let turn = 0; turn < (link.many ?? 1); turn++) {
      const offset = (link.shift ?? 0) + turn;
      const first = (((target - offset) % to.generated) + to.generated) % to.generated;
      for (let source = first; source < from.total; source += to.generated) consider(source);
    }
  }
  return [...sources].sort((a, b) => a - b);
}
