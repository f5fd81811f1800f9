import { z } from 'zod';
import { CHOOSERS, type NotChosen } from '../../../domain/choice.ts';
import type { Failure } from '../../../domain/decide.ts';
import { ERROR_CLASSES } from '../../../domain/errors.ts';
import { DEBT_KINDS, LOOK_UP } from '../../../domain/reads.ts';
import type { EndpointStatus, FailingRead, OwedRead } from '../../../store/reports/status.ts';
import { count, reason, time, type Shape } from './common.ts';
import { passSchema } from './syncs.ts';

/* Endpoints of an integration: what is read, what is owed and fails, and what is not chosen. */

const chooser = z
  .enum(CHOOSERS)
  .describe('settings: MODELS and EXCLUDE_MODELS leave it out · integration: its own choice does');

/** Endpoints that are not read because they are not chosen. */
export const notChosen = z
  .array(
    z
      .object({
        endpoint: z.string().describe('Its path'),
        by: chooser,
      } satisfies Shape<NotChosen>)
      .meta({ id: 'NotChosen' }),
  )
  .describe('Endpoints that you have not chosen. Kombo is not asked for them, and this is not a gap');

const failure = {
  errorClass: z.enum(ERROR_CLASSES),
  code: z.string(),
  message: z.string(),
  failures: count.describe('Failures in a row'),
  since: time,
  triedAt: time,
  needsAttention: z.boolean().describe('Trying again has not helped, or cannot'),
  givenUp: z.boolean().describe('No timer waits for the next try: the catch-up and webhooks try it'),
} satisfies Shape<Failure>;

const owedSchema = z
  .object({
    kind: z.enum(DEBT_KINDS),
    since: time.describe('What Kombo has reported since then may not be here yet'),
    dueAt: time.nullable().describe('When it is read by itself; null: with the next sync'),
    failure: z.object(failure).nullable(),
  } satisfies Shape<OwedRead>)
  .meta({ id: 'OwedRead' });

export const failingSchema = z
  .object({
    integrationId: z.string(),
    endpoint: z.string().describe(`Its path; ${LOOK_UP} for a look-up of the integration itself`),
    kind: z.enum(DEBT_KINDS),
    ...failure,
    nextTryAt: time.nullable().describe('When it is tried again; null: with the next sync'),
  } satisfies Shape<FailingRead>)
  .meta({ id: 'FailingRead' });

export const endpointSchema = z
  .object({
    endpoint: z.string(),
    table: z.string().describe('Its table in DATA_SCHEMA'),
    watermark: time.nullable(),
    lastPass: passSchema.nullable(),
    lastFull: time.nullable(),
    liveRows: count,
    rejectedRecords: count,
    disabled: reason.extend({ since: time }).nullable().describe('The tool does not offer it'),
    notChosen: z
      .object({
        by: chooser,
        since: time.nullable().describe('null if it was never read, or if no sync has noticed yet'),
      })
      .nullable()
      .describe('You have not chosen it: it is not read, and its rows stay'),
    owed: z.array(owedSchema).describe('Reads that are owed; none hides another'),
  } satisfies Shape<EndpointStatus>)
  .meta({ id: 'Endpoint' });
