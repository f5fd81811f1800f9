import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, Runtime, type WorkflowBundleOption } from '@temporalio/worker';

/**
 * The prebuilt bundle of the package, or the workflow sources, which are bundled once in a process.
 *
 * @param tracing what is bundled with the workflows while traces are on. It is in no other bundle, so that what is off costs
 * nothing and changes no history.
 */
export async function workflowBundle(tracing: string | undefined): Promise<WorkflowBundleOption> {
  const name = tracing === undefined ? 'workflow-bundle.js' : 'workflow-bundle-traced.js';
  const bundle = fileURLToPath(new URL(`../../${name}`, import.meta.url));
  if (existsSync(bundle)) return { codePath: bundle };
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const workflowsPath = fileURLToPath(new URL(`../../workflows/index.${extension}`, import.meta.url));
  const known = bundled.get(name);
  if (known) return known;
  const made = bundleWorkflowCode({
    workflowsPath,
    workflowInterceptorModules: tracing === undefined ? [] : [tracing],
    logger: Runtime.instance().logger,
  });
  bundled.set(name, made);
  return made;
}

const bundled = new Map<string, Promise<WorkflowBundleOption>>();
