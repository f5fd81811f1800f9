import { readChanges, type Change } from './feed.ts';
import type { Store } from './database.ts';

const STRETCH = 1_000;
/** So much of the feed is looked through for one page, so that it comes soon however rare the matches are. */
const MAX_STRETCHES = 10;

export interface MatchingChanges {
  changes: Change[];
  /** Where to go on; further than the last match when what follows it did not match. */
  position: string;
  /** There may be more to read now. */
  more: boolean;
}

/** A page of the feed, of all changes or only of those of an integration or a table. */
export async function readMatchingChanges(
  store: Store,
  options: { after: string; limit: number; integrationId?: string | undefined; table?: string | undefined },
): Promise<MatchingChanges> {
  const { limit, integrationId, table } = options;
  const all = integrationId === undefined && table === undefined;
  const stretch = all ? limit : STRETCH;
  const changes: Change[] = [];
  let after = options.after;
  for (let stretches = 0; stretches < MAX_STRETCHES; stretches += 1) {
    const read = await readChanges(store, { after, limit: stretch, integrationId, table });
    changes.push(...read.changes);
    if (changes.length >= limit) {
      const page = changes.slice(0, limit);
      const position = changes.length > limit ? page.at(-1)!.seq : read.position;
      return { changes: page, position, more: true };
    }
    if (read.position === after) return { changes, position: after, more: false };
    after = read.position;
    if (all) return { changes, position: after, more: false };
  }
  return { changes, position: after, more: true };
}
