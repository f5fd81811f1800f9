/** More differences than this are another word, not a typing error. */
const MOST = 3;

/** The name that is most like one that was typed wrong; undefined when none is near. */
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

/** How many letters are to be added, left out or replaced to make one word of the other (Levenshtein's distance). */
function differences(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const replaced = above[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, above[column]! + 1, current[column - 1]! + 1));
    }
    above = current;
  }
  return above[b.length]!;
}
