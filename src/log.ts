import { pino, type Logger } from 'pino';
import { cleanLines } from './domain/text.ts';

export type { Logger } from 'pino';

/**
 * The logger of a process. Logs go to stderr, so that stdout has only a command's own output. Callers never log
 * records, bodies or secrets; the redaction is the second line of defence.
 */
export function createLogger(options: { level: string; format?: 'pretty' | 'json' | undefined }): Logger {
  const pretty = (options.format ?? (process.stderr.isTTY ? 'pretty' : 'json')) === 'pretty';
  return pino({
    level: options.level,
    ...(pretty ? { hooks: { streamWrite: forTerminal } } : {}),
    redact: ['*.authorization', '*.apiKey', '*.secret', '*.token', 'req.headers', 'headers'],
    transport: pretty
      ? {
          target: 'pino-pretty',
          options: { destination: 2, ignore: 'pid,hostname', translateTime: 'HH:MM:ss' },
        }
      : { target: 'pino/file', options: { destination: 2 } },
  });
}

/** Escapes a line before it is made pretty: messages of Postgres and Temporal may quote control characters. */
function forTerminal(line: string): string {
  const clean = (_key: string, value: unknown) => (typeof value === 'string' ? cleanLines(value) : value);
  return `${JSON.stringify(JSON.parse(line), clean)}\n`;
}
