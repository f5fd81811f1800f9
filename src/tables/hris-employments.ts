// Made by scripts/table-types.ts from the catalogue of endpoints. Do not edit it.
import type { Json } from './json.ts';

/** Values of `pay_period` that Kombo documents. Others may come. */
export type HrisEmploymentsPayPeriod =
  | 'HOUR'
  | 'DAY'
  | 'WEEK'
  | 'TWO_WEEKS'
  | 'HALF_MONTH'
  | 'MONTH'
  | 'TWO_MONTHS'
  | 'QUARTER'
  | 'HALF_YEAR'
  | 'YEAR'
  | (string & {});

/** Values of `pay_frequency` that Kombo documents. Others may come. */
export type HrisEmploymentsPayFrequency =
  | 'DAILY'
  | 'WEEKLY'
  | 'BIWEEKLY'
  | 'MONTHLY'
  | 'SEMIMONTHLY'
  | 'QUARTERLY'
  | 'SEMIANNUALLY'
  | 'ANNUALLY'
  | 'PRO_RATA'
  | (string & {});

/** Values of `employment_type` that Kombo documents. Others may come. */
export type HrisEmploymentsEmploymentType =
  | 'FULL_TIME'
  | 'PART_TIME'
  | 'CONTRACT'
  | 'INTERNSHIP'
  | 'FREELANCE'
  | 'WORKING_STUDENT'
  | 'APPRENTICESHIP'
  | 'TRAINING'
  | (string & {});

/** A row of `kombo.hris_employments`: a record of `GET /hris/employments`. */
export interface HrisEmployments {
  /** The integration that the record belongs to. */
  integration_id: string;
  /** Kombo's id of the record; unique for one model of one integration. */
  id: string;
  remote_id: string | null;
  employee_id: string | null;
  job_title: string | null;
  pay_rate: string | null;
  pay_period: HrisEmploymentsPayPeriod | null;
  pay_frequency: HrisEmploymentsPayFrequency | null;
  employment_type: HrisEmploymentsEmploymentType | null;
  pay_currency: string | null;
  effective_date: Date | null;
  remote_data: Json | null;
  custom_fields: Json | null;
  integration_fields: Json | null;
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
