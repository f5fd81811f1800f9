import { Option, type Command } from 'commander';
import { INTEGRATION_STATUSES, type IntegrationStatus } from '../../domain/life.ts';
import { parseCount } from './options.ts';

export interface PageOptions {
  status?: IntegrationStatus;
  search?: string;
  failing?: boolean;
  limit: number;
  after?: string;
  all?: boolean;
}

export const DEFAULT_LIMIT = 100;

/** The options of commands that list integrations. */
export function addPageOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--status <status>', 'only those in this status').choices([...INTEGRATION_STATUSES]),
    )
    .option('--search <text>', 'only those with this in their id, origin_id, tool or organization')
    .option('--failing', 'only those with an endpoint that fails')
    .option('--limit <n>', 'integrations at most', parseCount(10_000), DEFAULT_LIMIT)
    .option('--after <id>', 'continue after this integration')
    .option('--all', 'all of them, without a limit');
}
