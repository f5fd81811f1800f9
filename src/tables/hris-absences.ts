// Made by scripts/table-types.ts from the catalogue of endpoints. Do not edit it.
import type { Json } from './json.ts';

/** Values of `unit` that Kombo documents. Others may come. */
export type HrisAbsencesUnit = 'HOURS' | 'DAYS' | (string & {});

/** Values of `status` that Kombo documents. Others may come. */
export type HrisAbsencesStatus =
  'REQUESTED' | 'APPROVED' | 'DECLINED' | 'CANCELLED' | 'DELETED' | (string & {});

/** A row of `kombo.hris_absences`: a record of `GET /hris/absences`. */
export interface HrisAbsences {
  /** The integration that the record belongs to. */
  integration_id: string;
  /** Kombo's id of the record; unique for one model of one integration. */
  id: string;
  remote_id: string | null;
  employee_id: string | null;
  approver_id: string | null;
  start_date: string | null;
  end_date: string | null;
  start_half_day: boolean | null;
  end_half_day: boolean | null;
  start_time: string | null;
  end_time: string | null;
  amount: string | null;
  unit: HrisAbsencesUnit | null;
  status: HrisAbsencesStatus | null;
  employee_note: string | null;
  type_id: string | null;
  remote_created_at: Date | null;
  remote_updated_at: Date | null;
  remote_data: Json | null;
  type: Json | null;
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
