/**
 * Builds the package into `dist`: JavaScript for Node, and one bundle with the workflows, so that a worker need not
 * bundle them when it starts.
 */
import { spawnSync } from 'node:child_process';
import { chmod, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { packedFiles, wrongInBuild } from './packed.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');

await rm(dist, { recursive: true, force: true });
compile();
const bytes = await bundleWorkflows();
await chmod(join(dist, 'src/cli/main.js'), 0o755);
const wrong = wrongInBuild(packedFiles(root));
if (wrong.length > 0) throw new Error(wrong.join('\n'));
process.stdout.write(`Built dist; the workflow bundle has ${Math.round(bytes / 1024)} KiB.\n`);

function compile(): void {
  const compiler = join(
    dirname(createRequire(import.meta.url).resolve('typescript/package.json')),
    'bin/tsc',
  );
  const { status, error } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error('The TypeScript compiler has failed; see above.', { cause: error });
}

/** Bundles the compiled workflows. Returns the size of the bundle in bytes. */
async function bundleWorkflows(): Promise<number> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(dist, 'workflows/index.js'),
    logger: new DefaultLogger('WARN'),
  });
  // src/worker/run.ts looks for it here.
  await writeFile(join(dist, 'workflow-bundle.js'), code);
  return Buffer.byteLength(code);
}
