import type { TemporalHandle } from '../temporal/connect.ts';
import { fail, ok, warn, type Check } from './check.ts';

/** A worker of a deployment, as the server lists it. */
export interface VersionedPoller {
  deploymentName: string;
  buildId: string;
}

/** The server's word for workers without a version. */
const UNVERSIONED = '__unversioned__';

/**
 * Whether the version that Temporal gives new work to is one that polls. A deployment without a current version gets none,
 * which looks like workers that sleep.
 *
 * @param unversioned whether workers without a version poll the same queue.
 */
export async function checkVersions(
  { connection, namespace }: TemporalHandle,
  pollers: readonly VersionedPoller[],
  unversioned: boolean,
): Promise<Check[]> {
  const names = [...new Set(pollers.map(({ deploymentName }) => deploymentName))];
  return Promise.all(
    names.map(async (deploymentName) => {
      const { workerDeploymentInfo } = await connection.workflowService.describeWorkerDeployment({
        namespace,
        deploymentName,
      });
      const routing = workerDeploymentInfo?.routingConfig;
      const current = routing?.currentDeploymentVersion?.buildId ?? buildIn(routing?.currentVersion);
      const polling = pollers.filter((poller) => poller.deploymentName === deploymentName);
      return judge(
        deploymentName,
        current,
        polling.map(({ buildId }) => buildId),
        unversioned,
      );
    }),
  );
}

/** Older servers write it as `name.build`, and a name has no dot. */
function buildIn(version: string | null | undefined): string | undefined {
  if (!version || version === UNVERSIONED) return undefined;
  return version.slice(version.indexOf('.') + 1);
}

const NAME = 'Worker version';

function judge(
  name: string,
  current: string | undefined,
  polling: readonly string[],
  unversioned: boolean,
): Check {
  const builds = [...new Set(polling)].sort();
  const makeCurrent = (build: string) =>
    `Run: temporal worker deployment set-current-version --deployment-name ${name} --build-id ${build}`;
  if (current === undefined) {
    const problem = `no version of deployment ${name} is current, so Temporal gives its workers (${builds.join(', ')}) no work`;
    return (unversioned ? warn : fail)(NAME, problem, makeCurrent(builds.at(-1)!));
  }
  if (!builds.includes(current)) {
    return fail(
      NAME,
      `version ${current} of deployment ${name} is current, but none of its workers polls (${builds.join(', ')} does)`,
      `Start workers with TEMPORAL_WORKER_BUILD_ID=${current}, or make another version current. ${makeCurrent(builds.at(-1)!)}`,
    );
  }
  const others = builds.filter((build) => build !== current);
  const more = others.length > 0 ? `; ${others.join(', ')} ends what it began` : '';
  return ok(NAME, `${current} of deployment ${name} is current${more}`);
}
