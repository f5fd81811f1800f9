import type pg from 'pg';
import { keepsOutAsMuch, type FieldChoice } from '../../domain/fields/choice.ts';
import type { Fields } from '../../domain/fields/policy.ts';
import { nameOf, type FieldRule, type Treatment } from '../../domain/fields/rules.ts';
import { transaction, type Store } from '../database.ts';

/*
 * The database stores the choice of excluded and hashed fields, so that a worker with other settings, for example one
 * that was started before they changed, cannot write what the others keep out.
 */

/** The choice that was recorded last. */
export interface RecordedChoice {
  choice: FieldChoice;
  hashKey: string | null;
  /** Whether nothing is stored against the choice. */
  isClean: boolean;
}

interface Row {
  rules: string[];
  hash_key: string | null;
  is_clean: boolean;
}

/** A rule as it is stored, for example `exclude hris_employees.ssn`. */
const written = (rule: FieldRule) => `${rule.treatment} ${nameOf(rule)}`;

function readRule(text: string): FieldRule {
  const [treatment, name = ''] = text.split(' ');
  const [table = '', ...path] = name.split('.');
  return { treatment: treatment as Treatment, table, path };
}

const toRecorded = ({ rules, hash_key, is_clean }: Row): RecordedChoice => ({
  choice: { rules: rules.map(readRule) },
  hashKey: hash_key,
  isClean: is_clean,
});

/** Before the first choice, every value is stored and there is nothing to purge. */
const NOTHING_RECORDED: RecordedChoice = { choice: { rules: [] }, hashKey: null, isClean: true };

export async function readRecordedChoice({ pool }: Pick<Store, 'pool'>): Promise<RecordedChoice> {
  const { rows } = await pool.query<Row>('select rules, hash_key, is_clean from kombo_sync.field_choice');
  return rows[0] ? toRecorded(rows[0]) : NOTHING_RECORDED;
}

/** Distinguishes a choice with its key from others; null if everything is stored. */
export function fingerprint({ choice, hashKey }: Pick<Fields, 'choice' | 'hashKey'>): string | null {
  return choice.rules.length === 0 ? null : [...choice.rules.map(written), hashKey ?? ''].join('\n');
}

export const isSame = (a: Pick<Fields, 'choice' | 'hashKey'>, b: Pick<Fields, 'choice' | 'hashKey'>) =>
  fingerprint(a) === fingerprint(b);

/**
 * Makes every worker write by this choice from now on. It waits for pages that are being written, so after it returns,
 * none is written by an older choice.
 *
 * @returns the choice that was recorded before.
 */
export async function recordChoice(store: Store, fields: Fields): Promise<RecordedChoice> {
  const text = fingerprint(fields);
  return transaction(store.pool, async (client) => {
    await client.query(`set local lock_timeout = '30s'`);
    await client.query('lock table kombo_sync.field_choice in access exclusive mode');
    const { rows } = await client.query<Row>('select rules, hash_key, is_clean from kombo_sync.field_choice');
    const before = rows[0] ? toRecorded(rows[0]) : NOTHING_RECORDED;
    if (isSame(before, fields)) return before;
    // Values that the old choice kept out are not stored. Values that only the new one keeps out may be.
    const isClean = before.isClean && keepsOutAsMuch(before.choice, fields.choice);
    await client.query('delete from kombo_sync.field_choice');
    await client.query(
      `insert into kombo_sync.field_choice (rules, hash_key, fingerprint, is_clean) values ($1, $2, $3, $4)`,
      [fields.choice.rules.map(written), fields.hashKey, text, isClean],
    );
    return before;
  });
}

/** Notes that nothing is stored against this choice. Has no effect if another choice was recorded meanwhile. */
export async function markClean({ pool }: Pick<Store, 'pool'>, fields: Fields): Promise<void> {
  await pool.query(
    'update kombo_sync.field_choice set is_clean = true where fingerprint is not distinct from $1',
    [fingerprint(fields)],
  );
}

/** The recorded choice as a transaction that writes records sees it. It holds until that transaction ends. */
export interface ChoiceOfWrite {
  fingerprint: string | null;
  isClean: boolean;
}

/** One column of type json, to select together with other columns. */
export const CHOICE_OF_WRITE = `(select json_build_object('fingerprint', fingerprint, 'isClean', is_clean)
  from kombo_sync.field_choice)`;

export type Querying = Pick<pg.ClientBase, 'query'>;
