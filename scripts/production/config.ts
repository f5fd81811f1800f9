import { LOOPBACK } from '../../src/dev/processes/ports.ts';

/** The server that the development server of `npm start` holds too. */
export const TEMPORAL_SERVER = 'go.temporal.io/server@v1.29.1';

type Ports = Record<
  'frontend' | 'history' | 'matching' | 'worker',
  readonly [grpc: number, membership: number]
>;

/** The configuration of a cluster of one: all four services in a process, both stores in Postgres. */
export function temporalConfig(postgresUrl: string, ports: Ports, dynamicConfig: string) {
  const { hostname, port, username, password } = new URL(postgresUrl);
  const store = (databaseName: string) => ({
    sql: {
      pluginName: 'postgres12',
      databaseName,
      connectAddr: `${hostname}:${port}`,
      connectProtocol: 'tcp',
      user: username,
      password,
      maxConns: 10,
      maxIdleConns: 10,
      maxConnLifetime: '1h',
    },
  });
  const service = ([grpcPort, membershipPort]: Ports['frontend']) => ({
    rpc: { grpcPort, membershipPort, bindOnLocalHost: true },
  });
  return {
    log: { stdout: true, level: 'warn' },
    persistence: {
      defaultStore: 'default',
      visibilityStore: 'visibility',
      numHistoryShards: 4,
      datastores: { default: store('temporal'), visibility: store('temporal_visibility') },
    },
    global: { membership: { maxJoinDuration: '30s', broadcastAddress: LOOPBACK } },
    services: Object.fromEntries(Object.entries(ports).map(([name, pair]) => [name, service(pair)])),
    clusterMetadata: {
      enableGlobalNamespace: false,
      failoverVersionIncrement: 10,
      masterClusterName: 'active',
      currentClusterName: 'active',
      clusterInformation: {
        active: {
          enabled: true,
          initialFailoverVersion: 1,
          rpcName: 'frontend',
          rpcAddress: `${LOOPBACK}:${ports.frontend[0]}`,
        },
      },
    },
    publicClient: { hostPort: `${LOOPBACK}:${ports.frontend[0]}` },
    dcRedirectionPolicy: { policy: 'noop' },
    dynamicConfigClient: { filepath: dynamicConfig, pollInterval: '10s' },
  };
}
