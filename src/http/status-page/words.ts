import { shellWord } from '../../domain/text.ts';
import { type IntegrationStatus, parkedWords, REMOVED } from '../../domain/life.ts';
import type { Trigger } from '../../domain/sync.ts';
import type { DriftVerdict } from '../../domain/counts.ts';
import type { IntegrationOverview } from '../../store/reports/overview.ts';
import type { Integration } from '../../store/state/integrations.ts';
import type { Tone } from './parts.ts';

/** A state in words: what it is, why, and what you can do. */
export interface Words {
  label: string;
  tone: Tone;
  reason: string | null;
  remedy: string | null;
  /** The command that does it. */
  command: string | null;
}

export const STATUS_WORDS: Record<IntegrationStatus, { label: string; tone: Tone }> = {
  active: { label: 'Active', tone: 'good' },
  parked: { label: 'Parked', tone: 'bad' },
  paused: { label: 'Paused', tone: 'wait' },
  removed: { label: 'Removed', tone: 'soft' },
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
      const { what, remedy } = parkedWords(statusCode, statusReason ?? 'Kombo does not let it be read.');
      return say(what, remedy);
    }
    case 'paused':
      return say(
        statusReason,
        'Webhooks are remembered meanwhile. To resume:',
        `kombo-sync integrations resume ${shellWord(id)}`,
      );
    case 'removed':
      if (statusCode === REMOVED.deleted) {
        return say(
          'It was deleted in Kombo.',
          'Nothing to do. It comes back by itself if it is connected again in Kombo.',
        );
      }
      if (statusCode === REMOVED.unknown) {
        return say(
          'Kombo does not know it.',
          'If it should be there, check that KOMBO_API_KEY and KOMBO_API_URL are those of its environment. Then:',
          `kombo-sync integrations add ${shellWord(id)}`,
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

/** The text in place of a time, if an integration has none. */
export const whyNotFresh = ({ readsNothing }: Pick<IntegrationOverview, 'readsNothing'>) =>
  readsNothing ? 'nothing is chosen to be read' : 'not complete yet';

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
