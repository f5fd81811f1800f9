/** Whether the sources run, as in a clone; what is installed is the build. */
export function fromClone(url = import.meta.url): boolean {
  return url.endsWith('.ts');
}

/** How the user calls the program, for commands that are to be typed. */
export function calledAs(env: Readonly<Record<string, string | undefined>>, url = import.meta.url): string {
  if (fromClone(url)) return 'npm run -s cli --';
  return env['npm_command'] === 'exec' ? 'npx kombo-sync' : 'kombo-sync';
}
