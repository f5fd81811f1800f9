import type { PassKind } from '../../src/domain/reads.ts';
import type { ChangeKind } from './kombo-model.ts';

/** One step of a history. A step that makes no sense at its place does nothing, so that histories shrink well. */
export type Step =
  | { do: 'change'; id: string; kind: ChangeKind; quiet: boolean; sameInstant: boolean }
  | { do: 'wait'; ms: number }
  /** Our clock jumps. */
  | { do: 'jump'; ms: number }
  | { do: 'open' | 'sync'; kind: PassKind }
  | { do: 'fetch' | 'commit' | 'abort' | 'zombie' | 'fail' | 'refuse' | 'sweep'; pass: number };

export interface History {
  /** How far Kombo's clock runs ahead of ours at the beginning. */
  skewMs: number;
  overlapMs: number;
  pageSize: number;
  eraseEmptied: boolean;
  /** Answers may be older or newer than the moment of asking. Then every change moves changed_at. */
  lag: boolean;
  steps: readonly Step[];
}
