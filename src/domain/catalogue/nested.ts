import type { KnownCategory } from './define.ts';

/*
 * What is known about the objects inside records. Source: the response schemas of Kombo's OpenAPI document
 * (https://api.kombo.dev/openapi.json).
 */

/**
 * Keys under which a record holds records of another model, at any depth, besides the names of that model in singular
 * and plural. A key whose value is not an object is ignored, so `type` of a group does no harm here.
 */
export const MODEL_KEYS: Readonly<Record<KnownCategory, readonly (readonly [key: string, model: string])[]>> =
  {
    HRIS: [
      ['approver', 'hris_employees'],
      ['available_for_employees', 'hris_employees'],
      ['group', 'hris_teams'],
      ['groups', 'hris_teams'],
      ['manager', 'hris_employees'],
      ['review_cycle', 'hris_performance_review_cycles'],
      ['reviewee', 'hris_employees'],
      ['reviewer', 'hris_employees'],
      ['type', 'hris_absence_types'],
      ['work_location', 'hris_locations'],
    ],
    ATS: [
      ['author', 'ats_users'],
      ['current_stage', 'ats_application_stages'],
      ['hiring_team', 'ats_users'],
      ['job_roles', 'ats_roles'],
      ['stage', 'ats_application_stages'],
      ['stages', 'ats_application_stages'],
      ['system_roles', 'ats_roles'],
    ],
    LMS: [],
    ASSESSMENT: [],
  };

const ADDRESS = ['city', 'country', 'raw', 'state', 'street_1', 'street_2', 'zip_code'];
const AMOUNT = ['currency', 'value'];

/** Names inside objects that are not records of a model, by the key that holds them. Other keys are not known. */
export const PARTS: ReadonlyMap<string, readonly string[]> = new Map([
  ['address', ADDRESS],
  ['amount', AMOUNT],
  ['bank_accounts', ['iban', 'bic', 'account_number', 'holder_name', 'bank_name', 'domestic_bank_routing']],
  ['breaks', ['ended_at', 'paid', 'started_at']],
  ['content_ref', ['bucket', 'key', 'type']],
  ['domestic_bank_routing', ['number', 'type']],
  ['email_addresses', ['email_address', 'type']],
  ['gross_pay', AMOUNT],
  ['home_address', ADDRESS],
  ['net_pay', AMOUNT],
  ['paid_amount', AMOUNT],
  ['phone_numbers', ['phone_number', 'type']],
  ['social_media', ['link', 'type', 'username']],
  ['totals', ['gross_pay', 'net_pay', 'paid_amount']],
]);
