import { log } from '@temporalio/activity';
import type { ActivityLog } from '../../activities/support/deps.ts';

/** The log of the activity that is running: the SDK adds its run and hands the line to ours (`installRuntime`). */
export const activityLog: ActivityLog = {
  debug: (fields, message) => log.debug(message, fields),
  info: (fields, message) => log.info(message, fields),
  warn: (fields, message) => log.warn(message, fields),
  error: (fields, message) => log.error(message, fields),
};
