import type { Page } from '../../src/store/records/commit-page.ts';
import type { Pass } from '../../src/store/state/passes.ts';
import type { SweepAnswer } from '../../src/store/records/sweep.ts';

/** A pass and what its reader has in hand. */
export interface Walk {
  syncId: string;
  pass: Pass;
  fetched: Page[];
  /** Where the next fetch begins; undefined when the last page has been fetched. */
  cursor: string | null | undefined;
  lastAnswerAt: number;
  sweep?: SweepAnswer | undefined;
  /** An attempt that lost its pass but does not know it. */
  zombies: { pass: Pass; page: Page }[];
}

/** Answers of Kombo that hold a record and that nothing has written yet. */
export function answersWith(walks: readonly Walk[], id: string): (Page | SweepAnswer)[] {
  return walks
    .flatMap((walk) => [...walk.fetched, ...walk.zombies.map(({ page }) => page), walk.sweep ?? []])
    .flat()
    .filter((answer) =>
      ('returned' in answer ? answer.returned : answer.storable).some((record) => record.id === id),
    );
}
