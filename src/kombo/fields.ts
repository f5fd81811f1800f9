import { createHmac } from 'node:crypto';
import type { Config } from '../config.ts';
import type { EndpointDefinition } from '../domain/catalogue/index.ts';
import { EVERYTHING_STORED, type FieldChoice } from '../domain/fields/choice.ts';
import { fieldPolicy, type FieldPolicy, type Fields, type HashText } from '../domain/fields/policy.ts';
import { fieldChoice } from '../settings/fields.ts';
import { exactNumber } from './json.ts';

const PREFIX = 'hmac-sha256:';
const HASHED = new RegExp(`^${PREFIX}[\\w-]{43}$`);

/** The treatment of fields, from the settings. */
export function fieldsOf(
  config: Pick<Config, 'EXCLUDE_FIELDS' | 'HASH_FIELDS' | 'HASH_KEY' | 'EXTRA_ENDPOINTS'>,
): Fields {
  return createFields(fieldChoice(config), config.HASH_KEY?.reveal() ?? '');
}

/** @param key the key of the hashes; unused if nothing is hashed. */
export function createFields(choice: FieldChoice, key: string): Fields {
  const hash = (text: string) => `${PREFIX}${createHmac('sha256', key).update(text).digest('base64url')}`;
  return {
    choice,
    // Another key makes other hashes, so this changes with it. It does not reveal the key.
    hashKey: choice.rules.some(({ treatment }) => treatment === 'hash')
      ? createHmac('sha256', key).update('kombo-sync field hashes').digest('base64url').slice(0, 16)
      : null,
    incoming: remembered((endpoint) => policyOf(choice, endpoint, hash)),
    // A stored value may be a hash already.
    stored: remembered((endpoint) =>
      policyOf(choice, endpoint, (text) => (HASHED.test(text) ? text : hash(text))),
    ),
  };
}

const policyOf = (choice: FieldChoice, endpoint: EndpointDefinition, hash: HashText) =>
  fieldPolicy(choice, endpoint, { hash, exactNumber });

type PolicyOf = (endpoint: EndpointDefinition) => FieldPolicy | undefined;

function remembered(make: PolicyOf): PolicyOf {
  const made = new WeakMap<EndpointDefinition, { policy: FieldPolicy | undefined }>();
  return (endpoint) => {
    let found = made.get(endpoint);
    if (!found) made.set(endpoint, (found = { policy: make(endpoint) }));
    return found.policy;
  };
}

/** Stores every value as it is. */
export const STORES_ALL = createFields(EVERYTHING_STORED, '');
