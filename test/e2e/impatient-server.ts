import { spawn } from 'node:child_process';
import { Connection } from '@temporalio/client';
import { afterAll, inject } from 'vitest';
import { freePort } from '../../src/dev/processes/ports.ts';
import { SEARCH_ATTRIBUTES } from '../../src/domain/names.ts';
import { eventually } from '../support/poll.ts';

/** A server that asks for continue-as-new after so few events that nearly every run gets to hear it. Returns its address. */
export async function startImpatientServer(): Promise<string> {
  const port = await freePort();
  const labels = SEARCH_ATTRIBUTES.flatMap(({ name, type }) => [
    '--search-attribute',
    `${name}=${type === 'KEYWORD' ? 'Keyword' : 'KeywordList'}`,
  ]);
  const child = spawn(
    inject('temporalCli'),
    ['server', 'start-dev', '--headless', '--ip', '127.0.0.1', '--port', String(port)]
      .concat('--log-level', 'never', ...labels)
      .concat('--dynamic-config-value', 'limit.historyCount.suggestContinueAsNew=25')
      // Of the kind that answers a webhook with an error once a run has grown past it.
      .concat('--dynamic-config-value', 'history.maximumSignalsPerExecution=100')
      .concat('--dynamic-config-value', 'frontend.enableServerVersionCheck=false'),
    { stdio: 'ignore' },
  );
  const gone = new Promise((resolve) => child.once('exit', resolve));
  afterAll(async () => {
    child.kill('SIGTERM');
    await gone;
  });
  const address = `127.0.0.1:${port}`;
  const connection = await eventually(() => Connection.connect({ address, connectTimeout: '1s' }), {
    timeoutMs: 20_000,
  });
  await connection.close();
  return address;
}
