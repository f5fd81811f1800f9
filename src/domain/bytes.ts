const UNITS: ReadonlyMap<string, number> = new Map([
  ['KiB', 1024],
  ['MiB', 1024 ** 2],
  ['GiB', 1024 ** 3],
]);

/** Bytes of a size such as `64MiB`; undefined if it is not a size. */
export function parseBytes(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([KMG]iB)$/.exec(text.trim());
  return match ? Math.round(Number(match[1]) * UNITS.get(match[2]!)!) : undefined;
}

/** A size in its largest whole unit, such as `64 MiB`. */
export function formatBytes(bytes: number): string {
  for (const [unit, size] of [...UNITS].toReversed()) {
    if (bytes >= size && bytes % size === 0) return `${bytes / size} ${unit}`;
  }
  return `${bytes} bytes`;
}
