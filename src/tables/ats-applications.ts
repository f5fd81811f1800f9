// Made by scripts/table-types.ts from the catalogue of endpoints. Do not edit it.
import type { Json } from './json.ts';

/** Values of `outcome` that Kombo documents. Others may come. */
export type AtsApplicationsOutcome = 'PENDING' | 'HIRED' | 'DECLINED' | (string & {});

/** A row of `kombo.ats_applications`: a record of `GET /ats/applications`. */
export interface AtsApplications {
  /** The integration that the record belongs to. */
  integration_id: string;
  /** Kombo's id of the record; unique for one model of one integration. */
  id: string;
  remote_id: string | null;
  outcome: AtsApplicationsOutcome | null;
  rejection_reason_name: string | null;
  rejected_at: Date | null;
  current_stage_id: string | null;
  job_id: string | null;
  candidate_id: string | null;
  screening_question_answers: Json | null;
  custom_fields: Json | null;
  integration_fields: Json | null;
  remote_url: string | null;
  remote_created_at: Date | null;
  remote_updated_at: Date | null;
  remote_data: Json | null;
  candidate: Json | null;
  current_stage: Json | null;
  job: Json | null;
  interviews: Json | null;
  offers: Json | null;
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
