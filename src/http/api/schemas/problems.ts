import { z } from 'zod';
import { PROBLEMS, type ProblemCode } from '../../errors/problems.ts';

const CODES = Object.keys(PROBLEMS) as ProblemCode[];

/** Every error of the HTTP server: https://www.rfc-editor.org/rfc/rfc9457 */
const problemSchema = z
  .object({
    type: z.string().describe('The kind of problem, for example urn:kombo-sync:problem:not_found'),
    title: z.string().describe('What kind of problem it is, in words; the same each time'),
    status: z.number().int(),
    detail: z.string().describe('What is wrong in this case, and what to do'),
    code: z.enum(CODES).describe('The kind of problem as one word, for programs'),
    instance: z.string().describe('This request: urn:uuid:…; the log names it as reqId'),
  })
  .meta({ id: 'Problem' });

const problem = <D extends string>(description: D) => ({
  description,
  content: { 'application/problem+json': { schema: problemSchema } },
});

const common = {
  400: problem('The request is not valid.'),
  401: problem('The bearer token is missing or wrong.'),
  403: problem('The admin API is closed: ADMIN_TOKEN is not set.'),
  429: problem('Too many requests; `retry-after` says for how long.'),
  500: problem('Something went wrong here; the log says what.'),
  503: problem('Something that this needs is away: Postgres, Temporal or a worker.'),
};

/** Answers of a route that reads. */
export const problemsOfReading = common;

/** Answers of the change feed. */
export const problemsOfChanges = {
  ...common,
  410: problem('Changes after this position have been removed; `detail` says how to continue.'),
};

const ofOne = {
  404: problem('There is no such integration.'),
  414: problem('The id in the address is too long.'),
};

export const problemsOfOne = { ...common, ...ofOne };

export const problemsOfOneConsumer = {
  ...common,
  404: problem('There is no such consumer.'),
  414: problem('The name in the address is too long.'),
};

/** Answers of a route that acts. */
export const problemsOfActing = {
  ...common,
  409: problem(
    'Not in the state that the integration is in, or it is not chosen to be read; or the first request with this idempotency-key still runs.',
  ),
  413: problem('The body is too large.'),
  415: problem('The body is not JSON.'),
  422: problem('A name picks no model or table; or the idempotency-key was used for another request.'),
};

export const problemsOfActingOnOne = { ...problemsOfActing, ...ofOne };

export const badGateway = {
  502: problem('Kombo refuses the request; check KOMBO_API_KEY and KOMBO_API_URL.'),
};

/** A successful answer. */
export const success = <T extends z.ZodType>(description: string, schema: T) => ({
  description,
  content: { 'application/json': { schema } },
});
