import { REMOVED } from '../../domain/life.ts';
import type { DriftVerdict, Trigger } from '../../domain/sync.ts';
import type { IntegrationStatus } from '../../domain/life.ts';
import type { Integration } from '../../store/integrations.ts';
import type { Tone } from './parts.ts';

/** A state in plain words: what it is, why, and what you can do. */
export interface Words {
  label: string;
  tone: Tone;
  reason: string | null;
  remedy: string | null;
  /** What to type for it. */
  command: string | null;
}

export const STATUS_WORDS: Record<IntegrationStatus, { label: string; tone: Tone }> = {
  active: { label: 'Active', tone: 'good' },
  parked: { label: 'Parked', tone: 'bad' },
  paused: { label: 'Paused', tone: 'wait' },
  removed: { label: 'Removed', tone: 'soft' },
};

const GOES_ON = 'It goes on here by itself.';

const LOGIN = {
  reason: 'The tool does not let Kombo in: the credentials are refused.',
  remedy: `Have the customer connect it again, by a new link from Kombo. ${GOES_ON}`,
};
const INACTIVE = {
  reason: 'It is switched off in Kombo.',
  remedy: `Switch it on in the Kombo dashboard. ${GOES_ON}`,
};
const SETUP = {
  reason: 'Its setup in Kombo is not finished.',
  remedy: `Finish the setup in the Kombo dashboard. ${GOES_ON}`,
};
const FIRST_SYNC = {
  reason: "Kombo's own first sync of it is not over, which can take hours.",
  remedy: `Nothing to do. ${GOES_ON}`,
};
const CHECK_FAILED = {
  reason: "Kombo's check of the connection has failed.",
  remedy: `Look at it in the Kombo dashboard. ${GOES_ON}`,
};

/** By Kombo's states and by the codes that it answers a read with. */
const PARKED: Record<string, { reason: string; remedy: string }> = {
  INVALID: LOGIN,
  'INTEGRATION.AUTHENTICATION_INVALID': LOGIN,
  INACTIVE,
  'INTEGRATION.INACTIVE': INACTIVE,
  SETUP_INCOMPLETE: SETUP,
  'INTEGRATION.SETUP_INCOMPLETE': SETUP,
  SETUP_SYNC_PENDING: FIRST_SYNC,
  'INTEGRATION.SETUP_SYNC_PENDING': FIRST_SYNC,
  'INTEGRATION.QA_FAILED': CHECK_FAILED,
};

/** Why an integration is not read, and what to do about it. */
export function stateWords(integration: Integration): Words {
  const { id, status, statusCode, statusReason } = integration;
  const words = STATUS_WORDS[status];
  const say = (reason: string | null, remedy: string | null, command: string | null = null): Words => ({
    ...words,
    reason,
    remedy,
    command,
  });
  switch (status) {
    case 'active': {
      const { reason, remedy } = activeWords(integration);
      return say(reason, remedy);
    }
    case 'parked': {
      const known = PARKED[statusCode ?? ''] ?? { reason: statusReason, remedy: CHECK_FAILED.remedy };
      return say(known.reason, known.remedy);
    }
    case 'paused':
      return say(
        statusReason,
        'Webhooks are remembered meanwhile. To go on:',
        `kombo-sync integrations resume ${id}`,
      );
    case 'removed':
      if (statusCode === REMOVED.deleted) {
        return say(
          'It was deleted in Kombo.',
          'Nothing to do. Connected again in Kombo, it comes back by itself.',
        );
      }
      if (statusCode === REMOVED.unknown) {
        return say(
          'Kombo does not know it.',
          'If it should be there, check that KOMBO_API_KEY and KOMBO_API_URL are those of its environment. Then:',
          `kombo-sync integrations add ${id}`,
        );
      }
      return say(statusReason, null);
  }
}

function activeWords(integration: Integration): Pick<Words, 'reason' | 'remedy'> {
  if (integration.announcedDeletedAt) {
    const remedy = 'Nothing to do: the next sync asks Kombo.';
    return { reason: 'A webhook says that it was deleted.', remedy };
  }
  if (integration.dataExpiredAt) {
    const reason = 'Its filters or scopes in Kombo changed, and Kombo has not read the tool again yet.';
    return { reason, remedy: 'Nothing to do: everything is read again once Kombo has.' };
  }
  return { reason: null, remedy: null };
}

export const DRIFT_WORDS: Record<DriftVerdict, { label: string; tone: Tone }> = {
  none: { label: 'no drift', tone: 'soft' },
  expected: { label: 'drift that no delta shows', tone: 'soft' },
  unexpected: { label: 'repaired unexpected drift', tone: 'bad' },
};

export const TRIGGER_WORDS: Record<Trigger, string> = {
  webhook: 'webhook',
  schedule: 'schedule',
  manual: 'by hand',
  'catch-up': 'catch-up',
  initial: 'first sync',
};

export const OUTCOME_TONES = {
  running: 'wait',
  completed: 'good',
  partial: 'wait',
  skipped: 'soft',
  failed: 'bad',
  abandoned: 'bad',
} as const satisfies Record<string, Tone>;
