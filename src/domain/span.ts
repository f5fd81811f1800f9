/** What a trace says of a piece of work: ids, paths, closed sets of words and numbers; nothing of a record. */
export interface SpanFields {
  integration?: string | undefined;
  endpoint?: string | undefined;
  kind?: string | undefined;
  trigger?: string | undefined;
  page?: number | undefined;
}

/**
 * Runs a piece of work as a part of the trace that is open.
 *
 * @param since when it began, if that was before now (milliseconds).
 */
export type Span = <T>(
  name: string,
  fields: SpanFields,
  work: () => Promise<T>,
  since?: number,
) => Promise<T>;

/** What is done while there are no traces. */
export const untraced: Span = (_name, _fields, work) => work();
