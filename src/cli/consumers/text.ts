import type { ConsumerDetail } from '../../operations/consumers.ts';
import { MOST_BEHIND, type Consumer } from '../../store/state/consumers.ts';
import { fullTime, pairs, table } from '../support/format.ts';

export const behindText = ({ behind, copying }: Consumer) =>
  `${behind}${behind === MOST_BEHIND ? ' or more' : ''}${copying === null ? '' : ` and rows of ${copying}`}`;

export const lagText = ({ lagSeconds }: Consumer) => `${Math.round(lagSeconds)} s`;

export function detailText(consumer: ConsumerDetail): string {
  const { name, seq, tables, holder, lastError, lastErrorAt, registeredAt, updatedAt, skipped } = consumer;
  const facts = pairs([
    ['Name', name],
    ['Position', seq],
    ['Unread', behindText(consumer)],
    ['Lag', lagText(consumer)],
    ['Tables', tables?.join(', ') ?? 'all'],
    ['Works in', holder ?? 'no process'],
    ['Last error', lastError && lastErrorAt ? `${lastError} (${fullTime(lastErrorAt)})` : null],
    ['Skipped', consumer.failures],
    ['Registered', fullTime(registeredAt)],
    ['Moved', fullTime(updatedAt)],
  ]);
  if (skipped.length === 0) return facts;
  const rows = skipped.map((change) => [
    change.seq,
    change.op,
    change.tableName,
    change.integrationId,
    change.id,
    change.tries,
    change.error,
  ]);
  return `${facts}\n\n${table(['SEQ', 'OP', 'TABLE', 'INTEGRATION', 'RECORD', 'TRIES', 'ERROR'], rows)}`;
}
