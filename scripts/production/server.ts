import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Connection } from '@temporalio/client';
import pg from 'pg';
import { hasEnded, type Children } from '../../src/dev/processes/children.ts';
import { runCommand } from '../../src/dev/processes/command.ts';
import { isFree, LOOPBACK } from '../../src/dev/processes/ports.ts';
import { tail } from '../../src/dev/processes/tail.ts';
import { moduleFolder, obtainTool } from '../deploy/tools.ts';
import { TEMPORAL_SERVER, temporalConfig } from './config.ts';

export interface ProductionTemporal {
  readonly address: string;
  stop(): Promise<void>;
}

interface Options {
  /** For its configuration and its log. */
  folder: string;
  /** Of an administrator; the databases temporal and temporal_visibility are made there. */
  postgresUrl: string;
  children: Children;
  /** Whether task queues know priorities and fairness; the server's default is that they do not. */
  fairness?: boolean;
}

const NAMESPACE = 'default';
const START_TIMEOUT_MS = 120_000;
const POLL_MS = 500;

/**
 * Temporal as it runs in production: its own server on Postgres with SQL visibility, no development server. The server and its
 * SQL tool are built from Go's module proxy, once for a machine; that takes minutes.
 */
export async function startProductionTemporal(options: Options): Promise<ProductionTemporal> {
  const { folder, postgresUrl, children, fairness = true } = options;
  const [server, sql, source] = [
    await obtainTool('temporal-server'),
    await obtainTool('temporal-sql-tool'),
    await moduleFolder(TEMPORAL_SERVER),
  ];
  await writeSchema(sql, path.join(source, 'schema/postgresql/v12'), postgresUrl);
  const ports = await freePorts();
  const config = path.join(folder, 'config');
  await mkdir(config, { recursive: true });
  const dynamic = path.join(config, 'dynamic.json');
  await writeFile(dynamic, JSON.stringify(dynamicConfig(fairness)));
  // JSON is YAML too.
  await writeFile(
    path.join(config, 'production.yaml'),
    JSON.stringify(temporalConfig(postgresUrl, ports, dynamic)),
  );
  const logFile = path.join(folder, 'temporal-server.log');
  const log = openSync(logFile, 'w', 0o600);
  const args = ['--root', folder, '--config', 'config', '--env', 'production', '--allow-no-auth', 'start'];
  const child = spawn(server, args, { stdio: ['ignore', log, log], detached: true });
  children.adopt('temporal', child);
  closeSync(log);
  const address = `${LOOPBACK}:${ports.frontend[0]}`;
  const until = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    if (hasEnded(child)) throw new Error(`The Temporal server has ended at its start: ${tail(logFile)}`);
    try {
      await makeNamespace(address);
      return { address, stop: () => children.stop(child) };
    } catch (error) {
      if (performance.now() > until) {
        await children.stop(child);
        throw new Error(`The Temporal server does not answer: ${tail(logFile)}`, { cause: error });
      }
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** The switches that docs/operations.md asks for. */
const dynamicConfig = (fairness: boolean) => ({
  'frontend.enableExecuteMultiOperation': [{ value: true }],
  ...(fairness ? { 'matching.enableFairness': [{ value: true }] } : {}),
});

/** The server keeps ports in the database as numbers of 15 bits. */
const LOWEST_PORT = 20_000;
const HIGHEST_PORT = 32_000;

async function freePorts() {
  const found: number[] = [];
  let port = LOWEST_PORT + (process.pid % 1_000) * 11;
  for (; found.length < 8; port += 1) {
    if (port > HIGHEST_PORT) throw new Error('There are no eight free ports below 32000.');
    if (await isFree(port)) found.push(port);
  }
  const pair = (index: number): [number, number] => [found[index]!, found[index + 1]!];
  return { frontend: pair(0), history: pair(2), matching: pair(4), worker: pair(6) };
}

async function writeSchema(sql: string, schema: string, postgresUrl: string): Promise<void> {
  const { hostname, port, username, password } = new URL(postgresUrl);
  const admin = new pg.Client(postgresUrl);
  await admin.connect();
  for (const [database, versioned] of [
    ['temporal', 'temporal'],
    ['temporal_visibility', 'visibility'],
  ] as const) {
    await admin.query(`create database ${database}`);
    const at = ['--plugin', 'postgres12', '--ep', hostname, '-p', port, '-u', username, '--pw', password];
    const tool = async (...args: string[]) => {
      const { ok, complaint, stdout } = await runCommand(sql, [...at, '--db', database, ...args]);
      if (!ok) throw new Error(`The schema of Temporal cannot be made: ${complaint} ${stdout}`);
    };
    await tool('setup-schema', '-v', '0.0');
    await tool('update-schema', '-d', path.join(schema, versioned, 'versioned'));
  }
  await admin.end();
}

async function makeNamespace(address: string): Promise<void> {
  const connection = await Connection.connect({ address, connectTimeout: '3s' });
  try {
    const { workflowService } = connection;
    const known = await workflowService.describeNamespace({ namespace: NAMESPACE }).catch(() => undefined);
    if (known) return;
    await workflowService.registerNamespace({
      namespace: NAMESPACE,
      workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
    });
    await workflowService.describeNamespace({ namespace: NAMESPACE });
  } finally {
    await connection.close();
  }
}
