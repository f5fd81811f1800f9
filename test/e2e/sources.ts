import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';
import { emptyFolder, onlyDocument, startScript, type RunningCli } from '../cli/spawn.ts';
import { ROOT } from '../docs/markdown.ts';

const CATALOGUE_FILE = 'src/domain/catalogue/hris-work.ts';

/**
 * A copy of the sources as in a later version, with one more entry in the catalogue. Its scripts run as processes,
 * which end after the file. Then the copy is removed, and `clean` runs.
 */
export function copySources(entry: string, clean: () => Promise<unknown> = () => Promise.resolve()) {
  const copy = mkdtempSync(path.join(tmpdir(), 'kombo-sync-copy-'));
  const running: RunningCli[] = [];
  for (const folder of ['src', 'sandbox', 'workflows', 'activities', 'package.json'])
    cpSync(path.join(ROOT, folder), path.join(copy, folder), { recursive: true });
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(copy, 'node_modules'));
  const file = path.join(copy, CATALOGUE_FILE);
  writeFileSync(file, readFileSync(file, 'utf8').replace(/\];\n$/, `${entry}];\n`));
  afterAll(async () => {
    for (const one of running) one.kill('SIGTERM');
    await Promise.allSettled(running.map(({ finished }) => finished));
    await clean();
    rmSync(copy, { recursive: true, force: true });
  });

  /** Runs a script of the copy. */
  const start = (env: Record<string, string>, script: string, ...args: string[]): RunningCli => {
    const json = script.startsWith('src/') ? ['--json'] : [];
    const child = startScript(path.join(copy, script), [...args, ...json], env, emptyFolder);
    running.push(child);
    return child;
  };
  return {
    start,
    /** Runs a command of the copy to its end. */
    cli: async <T = unknown>(env: Record<string, string>, ...args: string[]): Promise<T> => {
      const done = await start(env, 'src/cli/main.ts', ...args).finished;
      if (done.code !== 0) throw new Error(JSON.stringify(done));
      return onlyDocument(done.stdout) as T;
    },
    write: (name: string, text: string) => writeFileSync(path.join(copy, name), text),
  };
}
