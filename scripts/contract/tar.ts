const BLOCK = 512;

/** Kinds of entries, by the letter in their header. */
const FILE = new Set(['0', '\0', '']);
const LONG_NAME = 'L';
const EXTENDED = 'x';

/** The text files of a tar archive, by name. @throws Error if it is not a tar archive. */
export function readTar(archive: Uint8Array): Map<string, string> {
  const bytes = Buffer.from(archive.buffer, archive.byteOffset, archive.byteLength);
  const files = new Map<string, string>();
  let longName: string | undefined;
  for (let at = 0; at + BLOCK <= bytes.length && bytes[at] !== 0;) {
    const header = bytes.subarray(at, at + BLOCK);
    const size = Number.parseInt(text(header, 124, 12), 8);
    const end = at + BLOCK + size;
    if (Number.isNaN(size) || end > bytes.length)
      throw new Error('This is not a tar archive, or it ends too early.');
    const content = bytes.subarray(at + BLOCK, end);
    const type = text(header, 156, 1);
    if (type === LONG_NAME) longName = text(content, 0, size);
    else if (type === EXTENDED) longName = /(?:^|\n)\d+ path=([^\n]*)/.exec(content.toString())?.[1];
    else {
      const prefix = text(header, 345, 155);
      const name = longName ?? (prefix === '' ? '' : `${prefix}/`) + text(header, 0, 100);
      if (FILE.has(type)) files.set(name, content.toString());
      longName = undefined;
    }
    at = Math.ceil(end / BLOCK) * BLOCK;
  }
  return files;
}

function text(bytes: Buffer, from: number, length: number): string {
  const field = bytes.subarray(from, from + length);
  const end = field.indexOf(0);
  return field
    .subarray(0, end === -1 ? length : end)
    .toString()
    .trim();
}
