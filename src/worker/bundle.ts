import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, Runtime, type WorkflowBundleOption } from '@temporalio/worker';
import { keptBundle } from './kept-bundle.ts';

const PREBUILT = fileURLToPath(new URL('../../workflow-bundle.js', import.meta.url));

/**
 * The prebuilt bundle of the package, or one that is made of the workflows, once in a process.
 *
 * @param tracing what is bundled with the workflows while traces are on. The package has no bundle with it, so that what is off
 * costs nothing and changes no history.
 */
export async function workflowBundle(tracing: string | undefined): Promise<WorkflowBundleOption> {
  if (tracing === undefined && existsSync(PREBUILT)) return { codePath: PREBUILT };
  const known = bundled.get(tracing);
  if (known) return known;
  const fromSources = import.meta.url.endsWith('.ts');
  const make = () =>
    bundleWorkflowCode({
      workflowsPath: fileURLToPath(
        new URL(`../../workflows/index.${fromSources ? 'ts' : 'js'}`, import.meta.url),
      ),
      workflowInterceptorModules: tracing === undefined ? [] : [tracing],
      logger: Runtime.instance().logger,
    });
  const made = fromSources ? keptBundle(tracing === undefined ? 'plain' : 'traced', make) : make();
  bundled.set(tracing, made);
  return made;
}

const bundled = new Map<string | undefined, Promise<WorkflowBundleOption>>();
