import { pino } from 'pino';
import { loadConfig } from '../../src/config.ts';
import { createLogger } from '../../src/log.ts';
import { startServer } from '../../src/http/server.ts';
import { openStore } from '../../src/store/database.ts';
import { connectTemporal } from '../../src/temporal/connect.ts';
import { signalChanges } from '../../src/temporal/start.ts';

/**
 * The server in a process of its own, with its log on stderr as in production. Prints its address; for each line that it
 * reads it prints what it has used and sent since the last one.
 */
const [secret = '', windowMs = '10', logs = 'on'] = process.argv.slice(2);
const temporal = await connectTemporal();
const store = openStore('postgres://nobody@127.0.0.1:1/nothing');
const config = loadConfig({ KOMBO_WEBHOOK_SECRETS: secret, HOST: '127.0.0.1', PORT: '0' });
let signals = 0;
const server = await startServer({
  config,
  store,
  temporal,
  log: logs === 'on' ? createLogger({ level: 'info', format: 'json' }) : pino({ level: 'silent' }),
  coalescingWindowMs: Number(windowMs),
  send: (signal) => {
    signals += 1;
    const { client } = temporal;
    return client.withDeadline(Date.now() + 4_000, () => signalChanges(client, config, signal));
  },
});
process.stdout.write(`${server.url}\n`);
let before = process.cpuUsage();
process.stdin.on('data', () => {
  const { user, system } = process.cpuUsage(before);
  process.stdout.write(`${JSON.stringify({ signals, cpuMs: (user + system) / 1_000 })}\n`);
  signals = 0;
  before = process.cpuUsage();
});
process.stdin.on('end', () => process.exit(0));
