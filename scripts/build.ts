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
import { leanBundle } from './lean-bundle.ts';
import { packed, wrongInBuild } from './packed.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');

await rm(dist, { recursive: true, force: true });
compile('tsconfig.build.json');
// Again, with the types of what the package exports.
compile('tsconfig.public.json');
const bytes = await bundleWorkflows('workflow-bundle.js');
await chmod(join(dist, 'src/cli/main.js'), 0o755);
const wrong = wrongInBuild(packed(root));
if (wrong.length > 0) throw new Error(wrong.join('\n'));
process.stdout.write(`Built dist; the workflow bundle has ${Math.round(bytes / 1024)} KiB.\n`);

function compile(project: string): void {
  const compiler = join(
    dirname(createRequire(import.meta.url).resolve('typescript/package.json')),
    'bin/tsc',
  );
  const { status, error } = spawnSync(process.execPath, [compiler, '-p', project], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error('The TypeScript compiler has failed; see above.', { cause: error });
}

/**
 * Bundles what was compiled. A worker that traces bundles the workflows with their interceptors when it starts: that bundle is
 * larger than all the rest of the package. Returns the size of the bundle in bytes.
 */
async function bundleWorkflows(name: string): Promise<number> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(dist, 'workflows/index.js'),
    logger: new DefaultLogger('WARN'),
  });
  // The place where src/worker/bundle.ts looks for it.
  const lean = leanBundle(code, root);
  await writeFile(join(dist, name), lean);
  return Buffer.byteLength(lean);
}
