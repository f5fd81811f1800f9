import { CATEGORIES, getEndpoint } from '../domain/catalogue/index.ts';
import { NO_CHOICE, selectEndpoints, type EndpointSettings } from '../domain/choice.ts';
import type { Integration } from '../store/state/integrations.ts';
import { ok, type Check } from './check.ts';

const LISTED = 5;

/** What is not read because you have not chosen it, by the settings of this process and by choices of integrations. */
export function checkChoice(
  settings: EndpointSettings,
  integrations: readonly Pick<Integration, 'id' | 'models' | 'excludeModels' | 'status'>[] = [],
): Check {
  const tables = CATEGORIES.flatMap((category) =>
    selectEndpoints({ category, ...NO_CHOICE }, settings).notChosen.map(
      ({ endpoint }) => getEndpoint(endpoint).table,
    ),
  );
  const narrowed = integrations.filter(
    ({ status, models, excludeModels }) => status !== 'removed' && (models ?? excludeModels) !== null,
  );
  const parts = [
    tables.length === 0
      ? 'MODELS and EXCLUDE_MODELS leave nothing out'
      : `MODELS and EXCLUDE_MODELS leave out ${some(tables, 'table')}`,
    narrowed.length > 0 &&
      `less is chosen for ${some(
        narrowed.map(({ id }) => id),
        'integration',
      )}`,
  ];
  return ok('Chosen', parts.filter(Boolean).join('; '));
}

/** For example `2 tables (ats_jobs, ats_tags)`. */
function some(names: readonly string[], what: string): string {
  const shown = names.slice(0, LISTED).join(', ');
  return `${names.length} ${what}${names.length === 1 ? '' : 's'} (${shown}${names.length > LISTED ? ', …' : ''})`;
}
