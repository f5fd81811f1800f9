/** With more differences it is another word, not a typing error. */
const MOST = 3;

/** The name most similar to a mistyped one; undefined if none is similar. */
export function nearest(typed: string, names: Iterable<string>): string | undefined {
  let best: string | undefined;
  let fewest = Math.min(MOST, Math.floor(typed.length / 2)) + 1;
  for (const name of names) {
    if (Math.abs(name.length - typed.length) >= fewest) continue;
    const found = differences(typed.toLowerCase(), name.toLowerCase());
    if (found < fewest) [best, fewest] = [name, found];
  }
  return best;
}

/** How many letters must be added, removed, replaced or swapped with the next one to turn one word into the other. */
export function differences(one: string, other: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let row = 1; row <= one.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= other.length; column += 1) {
      const same = one[row - 1] === other[column - 1];
      const swapped =
        row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      current[column] = Math.min(
        last[column]! + 1,
        current[column - 1]! + 1,
        last[column - 1]! + (same ? 0 : 1),
        ...(swapped ? [beforeLast[column - 2]! + 1] : []),
      );
    }
    [beforeLast, last] = [last, current];
  }
  return last[other.length]!;
}
