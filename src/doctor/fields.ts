import type { Config } from '../config.ts';
import { fieldsOf } from '../kombo/fields.ts';
import { keptOut } from '../operations/list-fields.ts';
import type { Store } from '../store/database.ts';
import { isSame, readRecordedChoice } from '../store/state/field-choice.ts';
import { ok, warn, type Check } from './check.ts';

/** Which fields are excluded or hashed, and whether the recorded choice says the same. */
export async function checkFields(store: Store, config: Config): Promise<Check> {
  const { excluded, hashed } = keptOut(config);
  const recorded = await readRecordedChoice(store);
  if (!isSame(recorded, fieldsOf(config))) {
    return warn(
      'Fields',
      'EXCLUDE_FIELDS, HASH_FIELDS or HASH_KEY differs from the last setup',
      'To keep these values, run: kombo-sync setup. Then restart the workers.',
    );
  }
  const said = [
    excluded.length > 0 && `${excluded.length} excluded (${some(excluded)})`,
    hashed.length > 0 && `${hashed.length} hashed (${some(hashed)})`,
  ].filter(Boolean);
  if (said.length === 0) return ok('Fields', 'all are stored');
  if (recorded.isClean) return ok('Fields', said.join('; '));
  return warn(
    'Fields',
    `${said.join('; ')}; what was stored of them before may still be there`,
    'Erase it with: kombo-sync fields purge',
  );
}

const some = (names: readonly string[]) => `${names.slice(0, 3).join(', ')}${names.length > 3 ? ', …' : ''}`;
