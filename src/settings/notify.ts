import { z } from 'zod';
import type { SettingIssue } from '../config-error.ts';
import {
  durationOrOff,
  flag,
  hasCredentials,
  list,
  otherwise,
  parsed,
  sendsInClear,
  url,
} from '../config-values.ts';
import { Secret } from '../secret.ts';

/** Bytes of a key, as the scheme of Standard Webhooks asks for. */
const KEY_BYTES = { least: 24, most: 64 };
const SECRET = /^whsec_([A-Za-z0-9+/]+={0,2})$/;

/** The key in a secret; undefined if it is none. */
export function notifyKey(secret: string): Buffer | undefined {
  const key = Buffer.from(SECRET.exec(secret)?.[1] ?? '', 'base64');
  return key.length >= KEY_BYTES.least && key.length <= KEY_BYTES.most ? key : undefined;
}

const address = (example: string) =>
  url(['http:', 'https:'], example)
    .refine(
      (value) => !hasCredentials(value),
      otherwise({
        problem: 'holds a user or a password, which cannot be sent',
        remedy: 'leave them out',
        example,
      }),
    )
    .transform((value) => new Secret(value))
    .optional();

/** Where operators are told what is wrong. The addresses are secret: a part of them is often what lets a sender in. */
export const NOTIFY_SETTINGS = {
  NOTIFY_URL: address('https://example.com/hooks/kombo-sync').describe(
    'Where notifications are sent when something needs you, signed by the scheme of Standard Webhooks',
  ),
  NOTIFY_SECRET: z
    .string()
    .transform(
      parsed(
        (text) => {
          const secrets = list(text);
          const isRight = secrets.length > 0 && secrets.every((secret) => notifyKey(secret) !== undefined);
          return isRight ? secrets.map((secret) => new Secret(secret)) : undefined;
        },
        {
          problem: 'is not whsec_ and then 24 to 64 bytes in base64',
          remedy: 'put whsec_ in front of the output of: openssl rand -base64 32',
        },
      ),
    )
    .optional()
    .describe(
      'Secret that signs notifications, as `whsec_<base64>`; several, comma-separated, while you rotate',
    ),
  NOTIFY_SLACK_URL: address('https://hooks.slack.com/services/T000/B000/XXXX').describe(
    'Incoming webhook of Slack, or of what takes the same, that gets notifications as text',
  ),
  NOTIFY_STALE_AFTER: durationOrOff('24h').describe(
    'You are notified of an active integration whose copy is older than this; `off` does not notify of it',
  ),
  NOTIFY_BEHIND_AFTER: durationOrOff('1h').describe(
    'You are notified of a consumer that has not handled a change for this long; `off` does not notify of it',
  ),
  NOTIFY_ALLOW_HTTP: flag().describe(
    'Let NOTIFY_URL and NOTIFY_SLACK_URL begin with `http://` though they are not on this machine',
  ),
} as const;

interface NotifySettings {
  NOTIFY_URL?: Secret | undefined;
  NOTIFY_SECRET?: readonly Secret[] | undefined;
  NOTIFY_SLACK_URL?: Secret | undefined;
  NOTIFY_ALLOW_HTTP: boolean;
}

/** Settings of notifications that do not go together. */
export function problemsOfNotify(settings: NotifySettings): SettingIssue[] {
  const issues: SettingIssue[] = [];
  if (settings.NOTIFY_URL && !settings.NOTIFY_SECRET) {
    issues.push({
      name: 'NOTIFY_SECRET',
      problem:
        'is missing, so that the receiver at NOTIFY_URL could not tell a notification from a forged one',
      remedy: 'set it to whsec_ and the output of: openssl rand -base64 32',
    });
  }
  for (const name of ['NOTIFY_URL', 'NOTIFY_SLACK_URL'] as const) {
    if (settings.NOTIFY_ALLOW_HTTP || !settings[name] || !sendsInClear(settings[name].reveal())) continue;
    issues.push({
      name,
      problem: 'begins with http://, so that notifications can be read on the way',
      remedy: 'begin it with https://, or set NOTIFY_ALLOW_HTTP=true where the way is safe',
    });
  }
  return issues;
}
