import { readFileSync } from 'node:fs';

interface Manifest {
  name?: string;
  version?: string;
  peerDependencies?: Record<string, string>;
}

export function packageVersion(): string {
  return readManifest().version ?? 'unknown';
}

/** A package that you may install beside this one, as an argument of npm: with the oldest version that fits. */
export function optionalPeer(name: string): string {
  const range = readManifest().peerDependencies?.[name] ?? 'latest';
  return `${name}@${range.replace(/^\^/, '')}`;
}

/** Our package.json. The source and the build have different paths to it. */
function readManifest(): Manifest {
  for (let folder = new URL('.', import.meta.url); ; folder = new URL('..', folder)) {
    try {
      const manifest = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8')) as Manifest;
      if (manifest.name === 'kombo-sync') return manifest;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    }
    if (folder.pathname === '/' || folder.href === new URL('..', folder).href) return {};
  }
}
