// Made by scripts/table-types.ts from the catalogue of endpoints. Do not edit it.
import type { Json } from './json.ts';

/** Values of `gender` that Kombo documents. Others may come. */
export type HrisEmployeesGender = 'MALE' | 'FEMALE' | 'NON_BINARY' | 'NOT_SPECIFIED' | (string & {});

/** Values of `ethnicity` that Kombo documents. Others may come. */
export type HrisEmployeesEthnicity =
  | 'WHITE'
  | 'ASIAN'
  | 'HISPANIC_LATINO'
  | 'HAWAIIAN'
  | 'NATIVE_AMERICAN'
  | 'BLACK_AFRICAN_AMERICAN'
  | 'MULTIPLE_ETHNICITIES'
  | 'DECLINE_TO_SPECIFY'
  | (string & {});

/** Values of `marital_status` that Kombo documents. Others may come. */
export type HrisEmployeesMaritalStatus =
  | 'SINGLE'
  | 'MARRIED'
  | 'DOMESTIC_PARTNERSHIP'
  | 'WIDOWED'
  | 'DIVORCED'
  | 'SEPARATED'
  | 'NOT_MARRIED'
  | (string & {});

/** Values of `employment_status` that Kombo documents. Others may come. */
export type HrisEmployeesEmploymentStatus = 'ACTIVE' | 'PENDING' | 'INACTIVE' | 'LEAVE' | (string & {});

/** Values of `employment_type` that Kombo documents. Others may come. */
export type HrisEmployeesEmploymentType =
  | 'FULL_TIME'
  | 'PART_TIME'
  | 'CONTRACT'
  | 'INTERNSHIP'
  | 'FREELANCE'
  | 'WORKING_STUDENT'
  | 'APPRENTICESHIP'
  | 'TRAINING'
  | (string & {});

/** A row of `kombo.hris_employees`: a record of `GET /hris/employees`. */
export interface HrisEmployees {
  /** The integration that the record belongs to. */
  integration_id: string;
  /** Kombo's id of the record; unique for one model of one integration. */
  id: string;
  remote_id: string | null;
  employee_number: string | null;
  first_name: string | null;
  last_name: string | null;
  nationality: string | null;
  display_full_name: string | null;
  job_title: string | null;
  work_email: string | null;
  personal_email: string | null;
  mobile_phone_number: string | null;
  ssn: string | null;
  tax_id: string | null;
  gender: HrisEmployeesGender | null;
  ethnicity: HrisEmployeesEthnicity | null;
  marital_status: HrisEmployeesMaritalStatus | null;
  employment_status: HrisEmployeesEmploymentStatus | null;
  employment_type: HrisEmployeesEmploymentType | null;
  weekly_hours: string | null;
  avatar: string | null;
  work_location_id: string | null;
  legal_entity_id: string | null;
  manager_id: string | null;
  home_address: Json | null;
  bank_accounts: Json | null;
  date_of_birth: Date | null;
  start_date: Date | null;
  termination_date: Date | null;
  remote_created_at: Date | null;
  custom_fields: Json | null;
  integration_fields: Json | null;
  remote_data: Json | null;
  employments: Json | null;
  time_off_balances: Json | null;
  manager: Json | null;
  groups: Json | null;
  legal_entity: Json | null;
  teams: Json | null;
  work_location: Json | null;
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
