import { readFileSync } from 'node:fs';

/** The version in package.json, which is at another distance from the source than from the build. */
export function packageVersion(): string {
  for (let folder = new URL('.', import.meta.url); ; folder = new URL('..', folder)) {
    try {
      const text = readFileSync(new URL('package.json', folder), 'utf8');
      const { name, version } = JSON.parse(text) as { name?: string; version?: string };
      if (name === 'kombo-sync' && version !== undefined) return version;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    }
    if (folder.pathname === '/' || folder.href === new URL('..', folder).href) return 'unknown';
  }
}
