import { z } from 'zod';
import type { WebhookType } from '../../sandbox/index.ts';

/** Kombo's schemas of its webhooks, stricter: every field is required, and no others are allowed. */

const time = z.iso.datetime();
const category = z.enum(['HRIS', 'ATS', 'ASSESSMENT', 'LMS']);
const text = z.string().min(1);
const nullableText = z.string().nullable();
const end_user = z.strictObject({
  organization_name: text,
  creator_email: z.email().nullable(),
  origin_id: nullableText,
});
const about = { integration_id: text, integration_tool: text, integration_category: category };
const known = { id: text, tool: text, category, end_user };

const ADDRESS_PARTS = ['street_1', 'street_2', 'city', 'state', 'zip_code', 'country', 'raw'];
const location = z.strictObject(
  Object.fromEntries(ADDRESS_PARTS.map((name) => [name, nullableText.optional()])),
);

const order = z.strictObject({
  id: text,
  package_id: text,
  status: z.enum(['OPEN', 'COMPLETED', 'CANCELLED', 'REJECTED']),
  integration_id: text,
  candidate: z.strictObject({
    remote_id: nullableText,
    email: z.email(),
    first_name: nullableText,
    last_name: nullableText,
    phone: nullableText,
  }),
  application: z.strictObject({ remote_id: nullableText }),
  job: z.strictObject({
    remote_id: nullableText,
    name: nullableText,
    job_code: nullableText,
    description: nullableText,
    location: location.nullable(),
    hiring_team: z.array(
      z.strictObject({
        remote_id: nullableText,
        email: nullableText,
        first_name: nullableText,
        last_name: nullableText,
        hiring_team_roles: z.array(z.enum(['RECRUITER', 'HIRING_MANAGER'])),
      }),
    ),
  }),
});

const MODEL_NAMES = [
  'hris_legal_entities hris_locations hris_employees hris_absence_types hris_absences hris_employments hris_teams',
  'hris_time_off_balances hris_timesheets hris_employee_document_categories hris_performance_reviews',
  'hris_performance_review_cycles hris_staffing_entities hris_join_employees_teams',
  'hris_join_staffing_entities_locations hris_join_staffing_entities_legal_entities hris_join_staffing_entities_groups',
  'ats_users ats_jobs ats_job_postings ats_candidates ats_application_stages ats_applications ats_screening_questions',
  'ats_tags ats_interviews ats_offers ats_rejection_reasons ats_roles ats_join_candidates_tags',
  'ats_join_jobs_application_stages ats_join_jobs_screening_questions ats_join_user_job_role_assignments',
  'ats_join_jobs_users ats_join_users_roles ats_join_interviews_users',
  'lms_users lms_course_providers lms_skills lms_courses lms_course_revisions lms_course_progressions',
  'lms_join_revisions_skills',
].flatMap((line) => line.split(' '));

/** Newer names, which the installed version of Kombo's SDK does not know. */
export const YOUNGER_MODEL_NAMES = [
  'ats_notes',
  'ats_scorecards',
  'ats_attachments',
  'hris_pay_runs',
  'hris_payslips',
  'hris_salary_types',
  'hris_payslip_line_items',
  'hris_skills',
  'hris_skill_proficiency_scales',
  'hris_skill_rating_providers',
  'hris_employee_skill_proficiency_ratings',
  'hris_join_staffing_entities_skills',
];

const DATA: Record<WebhookType, z.ZodType> = {
  'data-changed': z.strictObject({
    ...about,
    changed_models: z
      .array(z.strictObject({ name: z.enum([...MODEL_NAMES, ...YOUNGER_MODEL_NAMES]) }))
      .min(1),
  }),
  'integration-created': z.strictObject(known),
  'integration-deleted': z.strictObject({ ...known, deleted_at: time }),
  'integration-state-changed': z.strictObject({
    ...about,
    end_user,
    qa_status: z.enum(['PENDING', 'FAILED', 'PASSED']),
    setup_status: z.enum(['INCOMPLETE', 'FINAL_SYNC_PENDING', 'COMPLETED']),
    state: z.enum(['ACTIVE', 'INVALID', 'INACTIVE']),
    updated_at: time,
  }),
  'issue-status-changed': z.strictObject({
    change: z.enum(['raised', 'resolved']),
    issue: z.strictObject({
      id: text,
      type: text,
      title: text,
      status: z.enum(['OPEN', 'RESOLVED']),
      markdown_message: text,
      first_observed_at: time,
      resolved_at: time.nullable(),
    }),
    integration: z.strictObject(known).nullable(),
  }),
  'connection-flow-failed': z.strictObject({
    integration_tool: text,
    integration_category: category,
    end_user,
    log_url: z.url(),
  }),
  'assessment:order-received': order,
  'inline-assessment:order-received': order,
  'ai-apply-application-status-updated': z.strictObject({
    id: text,
    job_posting_id: text,
    status: z.enum(['SUBMITTED', 'DUPLICATE', 'PENDING', 'FAILED']),
    created_at: time,
    updated_at: time,
  }),
  'ai-apply-job-posting-status-updated': z.strictObject({
    id: text,
    career_site: z.strictObject({ id: text, label: z.string() }),
    url: z.string(),
    job_code: nullableText,
    created_at: time,
    updated_at: time,
    archived_at: time.nullable(),
    archived_reason: z
      .enum(['JOB_POSTING_TAKEN_OFFLINE', 'MANUAL_ARCHIVE', 'REMOVED_FROM_JOB_FEED'])
      .nullable(),
    availability: z.enum(['APPLYABLE', 'PENDING', 'ARCHIVED', 'UNAVAILABLE']),
  }),
  'sync-finished': z.strictObject({
    sync_id: text,
    sync_state: text,
    sync_started_at: time,
    sync_ended_at: time,
    sync_duration_seconds: z.int().min(0),
    ...about,
    end_user,
    log_url: z.url(),
  }),
  // Our own choice, as the README of the sandbox says.
  'remote-event-received': z.strictObject({ ...about, end_user }),
};

/** The whole body of a webhook. */
export function bodySchema(type: WebhookType): z.ZodType {
  return z.strictObject({ id: text, type: z.literal(type), data: DATA[type] });
}
