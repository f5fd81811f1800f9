import { upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { searchAttributes, type Labels } from '../src/domain/labels.ts';

/** Adds the search attributes that the starter did not give, as with a start by the plain `temporal` CLI. */
export function labelRun(labels: Labels): void {
  const has = workflowInfo().typedSearchAttributes;
  const missing = searchAttributes(labels).filter(({ key }) => has.get(key) === undefined);
  if (missing.length > 0) upsertSearchAttributes(missing);
}
