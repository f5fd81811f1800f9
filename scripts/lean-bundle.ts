const MAP = /\/\/# sourceMappingURL=data:application\/json[^,]*;base64,(?<map>[A-Za-z0-9+/=]+)\s*$/;

interface SourceMap {
  sources: string[];
  sourcesContent?: string[];
}

/**
 * A bundle of workflows without the sources in its map, which are more than half of what npm would pack. Temporal still finds the
 * file and line of an error in it. The names of the files do not show the folders of this machine.
 *
 * @param root the folder of the project, with a slash at its end.
 */
export function leanBundle(code: string, root: string): string {
  const found = MAP.exec(code);
  if (!found) throw new Error('The bundle ends with no map of its sources. Look at what the SDK makes now.');
  const { sourcesContent: _, ...map } = JSON.parse(
    Buffer.from(found.groups!['map']!, 'base64').toString(),
  ) as SourceMap;
  const sources = map.sources.map((source) => withoutFolder(source, root));
  const lean = Buffer.from(JSON.stringify({ ...map, sources })).toString('base64');
  return `${code.slice(0, found.index)}//# sourceMappingURL=data:application/json;base64,${lean}\n`;
}

function withoutFolder(source: string, root: string): string {
  // The modules may be a link to another folder.
  const modules = source.lastIndexOf('/node_modules/');
  if (modules >= 0) return source.slice(modules + 1);
  return source.startsWith(root) ? source.slice(root.length) : source;
}
