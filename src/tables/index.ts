// Made by scripts/table-types.ts from the catalogue of endpoints. Do not edit it.
import type { AssessmentOrders } from './assessment-orders.ts';
import type { AssessmentOrdersOpen } from './assessment-orders-open.ts';
import type { AtsApplicationStages } from './ats-application-stages.ts';
import type { AtsApplications } from './ats-applications.ts';
import type { AtsAttachments } from './ats-attachments.ts';
import type { AtsCandidates } from './ats-candidates.ts';
import type { AtsInterviews } from './ats-interviews.ts';
import type { AtsJobs } from './ats-jobs.ts';
import type { AtsNotes } from './ats-notes.ts';
import type { AtsOffers } from './ats-offers.ts';
import type { AtsRejectionReasons } from './ats-rejection-reasons.ts';
import type { AtsRoles } from './ats-roles.ts';
import type { AtsScorecards } from './ats-scorecards.ts';
import type { AtsTags } from './ats-tags.ts';
import type { AtsUsers } from './ats-users.ts';
import type { HrisAbsenceTypes } from './hris-absence-types.ts';
import type { HrisAbsences } from './hris-absences.ts';
import type { HrisEmployeeDocumentCategories } from './hris-employee-document-categories.ts';
import type { HrisEmployeeSkillAssignments } from './hris-employee-skill-assignments.ts';
import type { HrisEmployees } from './hris-employees.ts';
import type { HrisEmployments } from './hris-employments.ts';
import type { HrisGroups } from './hris-groups.ts';
import type { HrisLegalEntities } from './hris-legal-entities.ts';
import type { HrisLocations } from './hris-locations.ts';
import type { HrisPayRuns } from './hris-pay-runs.ts';
import type { HrisPayslips } from './hris-payslips.ts';
import type { HrisPerformanceReviewCycles } from './hris-performance-review-cycles.ts';
import type { HrisPerformanceReviews } from './hris-performance-reviews.ts';
import type { HrisSkills } from './hris-skills.ts';
import type { HrisStaffingEntities } from './hris-staffing-entities.ts';
import type { HrisTeams } from './hris-teams.ts';
import type { HrisTimeOffBalances } from './hris-time-off-balances.ts';
import type { HrisTimesheets } from './hris-timesheets.ts';
import type { LmsCourseProgressions } from './lms-course-progressions.ts';
import type { LmsCourses } from './lms-courses.ts';
import type { LmsSkills } from './lms-skills.ts';
import type { LmsUsers } from './lms-users.ts';
import type { Integrations } from './integrations.ts';

export type { Integrations } from './integrations.ts';
export type { Json } from './json.ts';
export type * from './assessment-orders.ts';
export type * from './assessment-orders-open.ts';
export type * from './ats-application-stages.ts';
export type * from './ats-applications.ts';
export type * from './ats-attachments.ts';
export type * from './ats-candidates.ts';
export type * from './ats-interviews.ts';
export type * from './ats-jobs.ts';
export type * from './ats-notes.ts';
export type * from './ats-offers.ts';
export type * from './ats-rejection-reasons.ts';
export type * from './ats-roles.ts';
export type * from './ats-scorecards.ts';
export type * from './ats-tags.ts';
export type * from './ats-users.ts';
export type * from './hris-absence-types.ts';
export type * from './hris-absences.ts';
export type * from './hris-employee-document-categories.ts';
export type * from './hris-employee-skill-assignments.ts';
export type * from './hris-employees.ts';
export type * from './hris-employments.ts';
export type * from './hris-groups.ts';
export type * from './hris-legal-entities.ts';
export type * from './hris-locations.ts';
export type * from './hris-pay-runs.ts';
export type * from './hris-payslips.ts';
export type * from './hris-performance-review-cycles.ts';
export type * from './hris-performance-reviews.ts';
export type * from './hris-skills.ts';
export type * from './hris-staffing-entities.ts';
export type * from './hris-teams.ts';
export type * from './hris-time-off-balances.ts';
export type * from './hris-timesheets.ts';
export type * from './lms-course-progressions.ts';
export type * from './lms-courses.ts';
export type * from './lms-skills.ts';
export type * from './lms-users.ts';

/**
 * The row type of each table in schema `kombo`. Add the tables of EXTRA_ENDPOINTS by declaration merging:
 *
 * @example
 * declare module 'kombo-sync/tables' {
 *   interface KomboTables {
 *     ats_sourcing_channels: { integration_id: string; id: string; raw: Json; deleted_at: Date | null };
 *   }
 * }
 */
export interface KomboTables {
  assessment_orders: AssessmentOrders;
  assessment_orders_open: AssessmentOrdersOpen;
  ats_application_stages: AtsApplicationStages;
  ats_applications: AtsApplications;
  ats_attachments: AtsAttachments;
  ats_candidates: AtsCandidates;
  ats_interviews: AtsInterviews;
  ats_jobs: AtsJobs;
  ats_notes: AtsNotes;
  ats_offers: AtsOffers;
  ats_rejection_reasons: AtsRejectionReasons;
  ats_roles: AtsRoles;
  ats_scorecards: AtsScorecards;
  ats_tags: AtsTags;
  ats_users: AtsUsers;
  hris_absence_types: HrisAbsenceTypes;
  hris_absences: HrisAbsences;
  hris_employee_document_categories: HrisEmployeeDocumentCategories;
  hris_employee_skill_assignments: HrisEmployeeSkillAssignments;
  hris_employees: HrisEmployees;
  hris_employments: HrisEmployments;
  hris_groups: HrisGroups;
  hris_legal_entities: HrisLegalEntities;
  hris_locations: HrisLocations;
  hris_pay_runs: HrisPayRuns;
  hris_payslips: HrisPayslips;
  hris_performance_review_cycles: HrisPerformanceReviewCycles;
  hris_performance_reviews: HrisPerformanceReviews;
  hris_skills: HrisSkills;
  hris_staffing_entities: HrisStaffingEntities;
  hris_teams: HrisTeams;
  hris_time_off_balances: HrisTimeOffBalances;
  hris_timesheets: HrisTimesheets;
  lms_course_progressions: LmsCourseProgressions;
  lms_courses: LmsCourses;
  lms_skills: LmsSkills;
  lms_users: LmsUsers;
}

/** A row as the views of schema `kombo_live` show it: without what says when and how it was read. */
export type Live<Row> = Omit<
  Row,
  'remote_deleted_at' | 'deleted_at' | 'erased_at' | 'observed_at' | 'asked_seq' | 'arrived_seq'
>;

/**
 * The tables for Kysely: by their full names, and without a schema for `db.withSchema('kombo')`.
 *
 * @example
 * const db = new Kysely<KomboDatabase>({ dialect: new PostgresDialect({ pool }) });
 * const open = await db.selectFrom('kombo_live.ats_jobs').select(['id', 'name']).where('status', '=', 'OPEN').execute();
 */
export interface KomboDatabase extends KomboTables {
  integrations: Integrations;
  'kombo.integrations': Integrations;
  'kombo.assessment_orders': AssessmentOrders;
  'kombo.assessment_orders_open': AssessmentOrdersOpen;
  'kombo.ats_application_stages': AtsApplicationStages;
  'kombo.ats_applications': AtsApplications;
  'kombo.ats_attachments': AtsAttachments;
  'kombo.ats_candidates': AtsCandidates;
  'kombo.ats_interviews': AtsInterviews;
  'kombo.ats_jobs': AtsJobs;
  'kombo.ats_notes': AtsNotes;
  'kombo.ats_offers': AtsOffers;
  'kombo.ats_rejection_reasons': AtsRejectionReasons;
  'kombo.ats_roles': AtsRoles;
  'kombo.ats_scorecards': AtsScorecards;
  'kombo.ats_tags': AtsTags;
  'kombo.ats_users': AtsUsers;
  'kombo.hris_absence_types': HrisAbsenceTypes;
  'kombo.hris_absences': HrisAbsences;
  'kombo.hris_employee_document_categories': HrisEmployeeDocumentCategories;
  'kombo.hris_employee_skill_assignments': HrisEmployeeSkillAssignments;
  'kombo.hris_employees': HrisEmployees;
  'kombo.hris_employments': HrisEmployments;
  'kombo.hris_groups': HrisGroups;
  'kombo.hris_legal_entities': HrisLegalEntities;
  'kombo.hris_locations': HrisLocations;
  'kombo.hris_pay_runs': HrisPayRuns;
  'kombo.hris_payslips': HrisPayslips;
  'kombo.hris_performance_review_cycles': HrisPerformanceReviewCycles;
  'kombo.hris_performance_reviews': HrisPerformanceReviews;
  'kombo.hris_skills': HrisSkills;
  'kombo.hris_staffing_entities': HrisStaffingEntities;
  'kombo.hris_teams': HrisTeams;
  'kombo.hris_time_off_balances': HrisTimeOffBalances;
  'kombo.hris_timesheets': HrisTimesheets;
  'kombo.lms_course_progressions': LmsCourseProgressions;
  'kombo.lms_courses': LmsCourses;
  'kombo.lms_skills': LmsSkills;
  'kombo.lms_users': LmsUsers;
  'kombo_live.assessment_orders': Live<AssessmentOrders>;
  'kombo_live.assessment_orders_open': Live<AssessmentOrdersOpen>;
  'kombo_live.ats_application_stages': Live<AtsApplicationStages>;
  'kombo_live.ats_applications': Live<AtsApplications>;
  'kombo_live.ats_attachments': Live<AtsAttachments>;
  'kombo_live.ats_candidates': Live<AtsCandidates>;
  'kombo_live.ats_interviews': Live<AtsInterviews>;
  'kombo_live.ats_jobs': Live<AtsJobs>;
  'kombo_live.ats_notes': Live<AtsNotes>;
  'kombo_live.ats_offers': Live<AtsOffers>;
  'kombo_live.ats_rejection_reasons': Live<AtsRejectionReasons>;
  'kombo_live.ats_roles': Live<AtsRoles>;
  'kombo_live.ats_scorecards': Live<AtsScorecards>;
  'kombo_live.ats_tags': Live<AtsTags>;
  'kombo_live.ats_users': Live<AtsUsers>;
  'kombo_live.hris_absence_types': Live<HrisAbsenceTypes>;
  'kombo_live.hris_absences': Live<HrisAbsences>;
  'kombo_live.hris_employee_document_categories': Live<HrisEmployeeDocumentCategories>;
  'kombo_live.hris_employee_skill_assignments': Live<HrisEmployeeSkillAssignments>;
  'kombo_live.hris_employees': Live<HrisEmployees>;
  'kombo_live.hris_employments': Live<HrisEmployments>;
  'kombo_live.hris_groups': Live<HrisGroups>;
  'kombo_live.hris_legal_entities': Live<HrisLegalEntities>;
  'kombo_live.hris_locations': Live<HrisLocations>;
  'kombo_live.hris_pay_runs': Live<HrisPayRuns>;
  'kombo_live.hris_payslips': Live<HrisPayslips>;
  'kombo_live.hris_performance_review_cycles': Live<HrisPerformanceReviewCycles>;
  'kombo_live.hris_performance_reviews': Live<HrisPerformanceReviews>;
  'kombo_live.hris_skills': Live<HrisSkills>;
  'kombo_live.hris_staffing_entities': Live<HrisStaffingEntities>;
  'kombo_live.hris_teams': Live<HrisTeams>;
  'kombo_live.hris_time_off_balances': Live<HrisTimeOffBalances>;
  'kombo_live.hris_timesheets': Live<HrisTimesheets>;
  'kombo_live.lms_course_progressions': Live<LmsCourseProgressions>;
  'kombo_live.lms_courses': Live<LmsCourses>;
  'kombo_live.lms_skills': Live<LmsSkills>;
  'kombo_live.lms_users': Live<LmsUsers>;
}

/** The live views for Kysely, with `db.withSchema('kombo_live')`. */
export type KomboLiveDatabase = { [Table in keyof KomboTables]: Live<KomboTables[Table]> };
