/** Whether the sources run, as in a clone. An installed package runs the build. */
export function fromClone(url = import.meta.url): boolean {
  return url.endsWith('.ts');
}

/** How you call the program, for commands in messages. */
export function calledAs(env: Readonly<Record<string, string | undefined>>, url = import.meta.url): string {
  if (fromClone(url)) return 'npm run -s cli --';
  return env['npm_command'] === 'exec' ? 'npx kombo-sync' : 'kombo-sync';
}
