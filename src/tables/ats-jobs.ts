// Made by scripts/table-types.ts from the catalogue of endpoints. Do not edit it.
import type { Json } from './json.ts';

/** Values of `employment_type` that Kombo documents. Others may come. */
export type AtsJobsEmploymentType =
  'FULL_TIME' | 'PART_TIME' | 'CONTRACT' | 'SEASONAL' | 'INTERNSHIP' | (string & {});

/** Values of `status` that Kombo documents. Others may come. */
export type AtsJobsStatus = 'OPEN' | 'CLOSED' | 'DRAFT' | 'ARCHIVED' | (string & {});

/** Values of `visibility` that Kombo documents. Others may come. */
export type AtsJobsVisibility = 'PUBLIC' | 'INTERNAL' | 'UNLISTED' | 'CONFIDENTIAL' | (string & {});

/** Values of `remote_work_status` that Kombo documents. Others may come. */
export type AtsJobsRemoteWorkStatus = 'REMOTE' | 'HYBRID' | 'TEMPORARY' | 'ON_SITE' | (string & {});

/** Values of `salary_period` that Kombo documents. Others may come. */
export type AtsJobsSalaryPeriod = 'YEAR' | 'MONTH' | 'TWO_WEEKS' | 'WEEK' | 'DAY' | 'HOUR' | (string & {});

/** A row of `kombo.ats_jobs`: a record of `GET /ats/jobs`. */
export interface AtsJobs {
  /** The integration that the record belongs to. */
  integration_id: string;
  /** Kombo's id of the record; unique for one model of one integration. */
  id: string;
  remote_id: string | null;
  name: string | null;
  job_code: string | null;
  description: string | null;
  confidential: boolean | null;
  weekly_hours: string | null;
  employment_type: AtsJobsEmploymentType | null;
  status: AtsJobsStatus | null;
  visibility: AtsJobsVisibility | null;
  category: string | null;
  department: string | null;
  post_url: string | null;
  experience_level: string | null;
  remote_work_status: AtsJobsRemoteWorkStatus | null;
  salary_amount: string | null;
  salary_amount_from: string | null;
  salary_amount_to: string | null;
  salary_currency: string | null;
  salary_period: AtsJobsSalaryPeriod | null;
  location: Json | null;
  custom_fields: Json | null;
  integration_fields: Json | null;
  remote_url: string | null;
  opened_at: Date | null;
  closed_at: Date | null;
  remote_created_at: Date | null;
  remote_updated_at: Date | null;
  contact_id: string | null;
  remote_data: Json | null;
  stages: Json | null;
  screening_questions: Json | null;
  job_postings: Json | null;
  hiring_team: Json | null;
  /** The record as received. */
  raw: Json;
  /** Kombo's time of the record's own last change; nested changes do not move it. */
  changed_at: Date | null;
  /** When Kombo found the record deleted in the tool. */
  remote_deleted_at: Date | null;
  /** Null while the record lives; else Kombo's deletion or ours, by a sweep. */
  deleted_at: Date | null;
  /** When the fields of the deleted record were erased here; its tombstone does not bring them back. */
  erased_at: Date | null;
  /** When the stored version was asked for. */
  observed_at: Date;
  /** The same moment as a number of kombo_sync.observations, which no clock can disturb. */
  asked_seq: string;
  /** A moment when the stored version had arrived, as such a number. */
  arrived_seq: string;
}
