import { z } from 'zod';
import { TIME_AND_ID } from '../../../operations/cursor.ts';
import type { IssuePage } from '../../../operations/show.ts';
import type { OpenIssue } from '../../../store/state/issues.ts';
import { flag, next, pageQuery, time, type Shape } from './common.ts';

export const issueSchema = z
  .object({
    id: z.string(),
    integrationId: z.string().nullable().describe('null: it is about the whole environment'),
    type: z.string().describe('For example integration.authentication_failed'),
    title: z.string(),
    message: z.string().describe("Kombo's text as plain text: show it as such, its Markdown too"),
    firstObservedAt: time.describe('When it began'),
  } satisfies Shape<OpenIssue>)
  .meta({ id: 'Issue' });

export const issuesQuery = z.strictObject({
  environment: flag.optional().describe('true: only those that are about the whole environment'),
  ...pageQuery(TIME_AND_ID),
});

export const issuesSchema = z.object({ issues: z.array(issueSchema), next } satisfies Shape<IssuePage>);
