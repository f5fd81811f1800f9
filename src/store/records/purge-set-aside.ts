import { createHash } from 'node:crypto';
import { findEndpoint } from '../../domain/catalogue/index.ts';
import type { FieldPolicy, Fields } from '../../domain/fields/policy.ts';
import { parseExact } from '../../kombo/json.ts';
import type { Store } from '../database.ts';

interface Body {
  integration_id: string;
  endpoint: string;
  record_key: string;
  body: string;
}

/**
 * Purges the bodies of records that were set aside (KEEP_REJECTED_BODIES). A body that cannot be read is removed as a
 * whole.
 *
 * @returns how many values were removed or hashed.
 */
export async function purgeSetAside({ pool }: Store, fields: Fields, isDry = false): Promise<number> {
  const { rows } = await pool.query<Body>(
    'select integration_id, endpoint, record_key, body from kombo_sync.rejected_records where body is not null',
  );
  let values = 0;
  for (const row of rows) {
    const endpoint = findEndpoint(row.endpoint);
    const policy = endpoint && fields.stored(endpoint);
    if (!policy) continue;
    const { body, values: found } = purged(row.body, policy);
    values += found;
    if (body === row.body || isDry) continue;
    await pool.query(
      `update kombo_sync.rejected_records set body = $4, hash = $5
       where integration_id = $1 and endpoint = $2 and record_key = $3 and body = $6`,
      [
        row.integration_id,
        row.endpoint,
        row.record_key,
        body,
        createHash('sha256')
          .update(body ?? '')
          .digest('hex'),
        row.body,
      ],
    );
  }
  return values;
}

function purged(text: string, policy: FieldPolicy): { body: string | null; values: number } {
  try {
    const before = parseExact(text);
    const { record, values } = policy.apply(before);
    return { body: record === before ? text : JSON.stringify(record), values };
  } catch {
    return { body: null, values: 1 };
  }
}
