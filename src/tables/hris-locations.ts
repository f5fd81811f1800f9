// Made by scripts/table-types.ts from the catalogue of endpoints. Do not edit it.
import type { Json } from './json.ts';

/** A row of `kombo.hris_locations`: a record of `GET /hris/locations`. */
export interface HrisLocations {
  /** The integration that the record belongs to. */
  integration_id: string;
  /** Kombo's id of the record; unique for one model of one integration. */
  id: string;
  remote_id: string | null;
  name: string | null;
  address: Json | null;
  type: string | null;
  remote_data: Json | null;
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
