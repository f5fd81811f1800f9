import type { Issue } from '../src/domain/issues.ts';
import { saveIssue } from '../src/store/state/issues.ts';
import type { ActivityDeps } from './support/deps.ts';
import { asFailures } from './support/failures.ts';
import { keepAlive } from './support/liveness.ts';

/** Stores what Kombo reports about an issue. */
export function createNoteIssue(deps: ActivityDeps) {
  return async function noteIssue(issue: Issue): Promise<void> {
    return asFailures(async () => {
      using liveness = keepAlive();
      liveness.report({ issue: issue.id });
      const isNews = await saveIssue(deps.store, issue);
      const { id, integrationId, type, resolvedAt } = issue;
      if (isNews) {
        const text = resolvedAt ? 'An issue at Kombo is resolved' : 'Kombo has raised an issue';
        deps.log[resolvedAt ? 'info' : 'warn']({ issue: id, integrationId, type }, text);
      }
    });
  };
}
