import { z } from 'zod';
import type { SettingIssue } from '../config-error.ts';
import { otherwise } from '../config-values.ts';

/** The server keeps both in the id of a workflow of its own. */
const LONGEST = 200;

/** What both settings may hold: printable, no spaces, not the server's own `__unversioned__`. */
const WORD = /^(?!__)[\x21-\x7e]+$/;

const word = (problem: string, example: string) =>
  z
    .string()
    .refine((value) => WORD.test(value) && value.length <= LONGEST, otherwise({ problem, example }))
    .optional();

/** Names as Temporal's Worker Controller injects them. */
export const VERSION_SETTINGS = {
  TEMPORAL_DEPLOYMENT_NAME: word(
    `is no name: up to ${LONGEST} characters without spaces that do not begin with __`,
    'kombo-sync',
  )
    .refine(
      (value) => value === undefined || !/[.:]/.test(value),
      otherwise({ problem: 'holds a dot or a colon, which Temporal refuses', example: 'kombo-sync' }),
    )
    .describe('Name of the Worker Deployment; with TEMPORAL_WORKER_BUILD_ID it turns Worker Versioning on'),
  TEMPORAL_WORKER_BUILD_ID: word(
    `is no version: up to ${LONGEST} characters without spaces that do not begin with __`,
    '0.1.0',
  ).describe('Version of this worker within that deployment, another one for each release'),
} as const;

export interface VersionSettings {
  readonly TEMPORAL_DEPLOYMENT_NAME?: string | undefined;
  readonly TEMPORAL_WORKER_BUILD_ID?: string | undefined;
}

/** One without the other would be a worker without a version, in silence. */
export function problemsOfVersion(config: VersionSettings): SettingIssue[] {
  const { TEMPORAL_DEPLOYMENT_NAME: name, TEMPORAL_WORKER_BUILD_ID: build } = config;
  if ((name === undefined) === (build === undefined)) return [];
  const [missing, given, example] =
    name === undefined
      ? (['TEMPORAL_DEPLOYMENT_NAME', 'TEMPORAL_WORKER_BUILD_ID', 'kombo-sync'] as const)
      : (['TEMPORAL_WORKER_BUILD_ID', 'TEMPORAL_DEPLOYMENT_NAME', '0.1.0'] as const);
  return [
    { name: missing, problem: `is missing, and ${given} is set`, remedy: 'set both or neither', example },
  ];
}

/** What a worker tells Temporal of its version; undefined without one. */
export function deploymentVersion(
  config: VersionSettings,
): { deploymentName: string; buildId: string } | undefined {
  const { TEMPORAL_DEPLOYMENT_NAME: deploymentName, TEMPORAL_WORKER_BUILD_ID: buildId } = config;
  return deploymentName === undefined || buildId === undefined ? undefined : { deploymentName, buildId };
}
