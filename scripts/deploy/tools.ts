import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import path from 'node:path';
import { cachePlace } from '../../src/dev/processes/cache.ts';
import { runCommand } from '../../src/dev/processes/command.ts';
import { findOnPath } from '../../src/dev/temporal/cli.ts';

/** Tools that check the files of deploy/, and Temporal's own server, as Go modules. */
const MODULES = {
  helm: 'helm.sh/helm/v3/cmd/helm@v3.22.0',
  kubeconform: 'github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0',
  'temporal-server': 'go.temporal.io/server/cmd/server@v1.29.1',
  'temporal-sql-tool': 'go.temporal.io/server/cmd/tools/sql@v1.29.1',
} as const;

export type Tool = keyof typeof MODULES;

const folder = () => path.join(cachePlace(process.env), 'tools');

/** The tool on PATH, or the one that was built before. */
export function findTool(name: Tool): string | undefined {
  const [onPath] = findOnPath(name, process.env);
  const built = path.join(folder(), name);
  return onPath ?? (existsSync(built) ? built : undefined);
}

/** The same, built with Go from the module proxy when there is none; that takes minutes. */
export async function obtainTool(name: Tool): Promise<string> {
  const found = findTool(name);
  if (found !== undefined) return found;
  process.stderr.write(`Building ${name} once, some minutes …\n`);
  const env = { ...process.env, GOBIN: folder(), CGO_ENABLED: '0' };
  const { ok, complaint } = await runCommand('go', ['install', MODULES[name]], { env });
  if (!ok) throw new Error(`${name} cannot be built: ${complaint}\nInstall it, or Go 1.25 or newer.`);
  const file = path.join(folder(), name);
  // Go names it after its folder in the module.
  const built = path.join(folder(), path.basename(MODULES[name].split('@')[0]!));
  if (built !== file) await rename(built, file);
  return file;
}

/** Where a module of Go's proxy is on this machine, downloaded when it is not. */
export async function moduleFolder(module: string): Promise<string> {
  const { ok, stdout, complaint } = await runCommand('go', ['mod', 'download', '-json', module]);
  if (!ok) throw new Error(`${module} cannot be had: ${complaint}`);
  return (JSON.parse(stdout) as { Dir: string }).Dir;
}
