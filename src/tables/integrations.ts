/** A row of the view `kombo.integrations`: whose records these are. */
export interface Integrations {
  integration_id: string;
  /** Your own id of the customer, if you gave one. */
  origin_id: string | null;
  /** The name of the customer at Kombo. */
  organization_name: string | null;
  /** Kombo's name of the tool. */
  tool: string;
  category: 'ATS' | 'HRIS' | 'LMS' | 'ASSESSMENT' | (string & {});
  status: 'active' | 'parked' | 'paused' | 'removed' | (string & {});
}
