/**
 * States and events of `integrationSync`. docs/SPEC.md shows the same table, and test/spec compares the two.
 * test/workflows/transitions.test.ts drives the workflow through every cell. A new state or event does not compile until each
 * of its cells is filled.
 *
 * In `waiting`, `starting` and `reading` two reads are under way: they continue beside everything else.
 */
export const STATES = ['waiting', 'starting', 'reading', 'retrying', 'keeping', 'ending'] as const;
export type State = (typeof STATES)[number];

export const EVENTS = [
  'modelsChanged',
  'leading webhook',
  'integrationChanged',
  'integration deleted',
  'syncNow',
  'quiet timer',
  'retry timer',
  'start done',
  'start failed',
  'read done',
  'read waits',
  'read failed',
  'kept',
  'cancel',
  'history long',
] as const;
export type Event = (typeof EVENTS)[number];

export interface Transition {
  /** The cell in docs/SPEC.md. */
  says: string;
  /** The commands that the workflow issues. */
  does: string[];
  /** The state of the run afterwards. */
  next: State | 'ended' | 'continued';
}

const ACCEPTED = ['update accepted', 'update completed'];
const CUT_TWO = ['cancelActivity', 'cancelActivity'];

/** Null: the event cannot come in this state. */
export const TRANSITIONS: Record<State, Record<Event, Transition | null>> = {
  waiting: {
    modelsChanged: { says: 'adds the models, moves the deadline', does: [], next: 'waiting' },
    'leading webhook': null,
    integrationChanged: { says: 'adds the look-up, moves the deadline', does: [], next: 'waiting' },
    'integration deleted': { says: 'adds the look-up, stops the reads', does: CUT_TWO, next: 'waiting' },
    syncNow: {
      says: 'starts at once',
      does: [...ACCEPTED, 'cancelTimer', 'startSync all'],
      next: 'starting',
    },
    'quiet timer': {
      says: 'starts if the deadline has passed, otherwise sets the timer again',
      does: ['startSync ats_offers'],
      next: 'starting',
    },
    'retry timer': null,
    'start done': null,
    'start failed': null,
    'read done': { says: 'records the outcome', does: [], next: 'waiting' },
    'read waits': { says: 'calls the read again after its pause', does: ['timer 60000'], next: 'waiting' },
    'read failed': { says: 'records the failure and the time of the next try', does: [], next: 'waiting' },
    kept: null,
    cancel: {
      says: 'stops the reads, keeps what is wanted',
      does: [...CUT_TWO, 'cancelTimer', 'keepForLater ats_offers'],
      next: 'keeping',
    },
    'history long': {
      says: 'continues as new with what is wanted and the reads',
      does: ['cancelTimer', ...CUT_TWO, 'continueAsNew'],
      next: 'continued',
    },
  },
  starting: {
    modelsChanged: { says: 'waits for the next start', does: [], next: 'starting' },
    'leading webhook': { says: 'the next start does not wait for quiet', does: [], next: 'starting' },
    integrationChanged: { says: 'waits for the next start', does: [], next: 'starting' },
    'integration deleted': {
      says: 'stops the reads; reads that the start leaves do not begin',
      does: CUT_TWO,
      next: 'starting',
    },
    syncNow: { says: 'the next start does not wait for quiet', does: ACCEPTED, next: 'starting' },
    'quiet timer': null,
    'retry timer': null,
    'start done': {
      says: 'begins the reads that the start leaves',
      does: ['syncEndpoint delta /ats/offers'],
      next: 'reading',
    },
    'start failed': {
      says: 'keeps what was wanted, starts again in a minute',
      does: ['timer 60000'],
      next: 'waiting',
    },
    'read done': { says: 'records the outcome', does: [], next: 'starting' },
    'read waits': { says: 'calls the read again after its pause', does: ['timer 60000'], next: 'starting' },
    'read failed': { says: 'records the failure and the time of the next try', does: [], next: 'starting' },
    kept: null,
    cancel: {
      says: 'stops the start and the reads, keeps what was wanted',
      does: ['cancelActivity', ...CUT_TWO, 'keepForLater ats_offers'],
      next: 'keeping',
    },
    'history long': {
      says: 'stops the start, continues as new with what was wanted',
      does: ['cancelActivity', ...CUT_TWO, 'continueAsNew'],
      next: 'continued',
    },
  },
  reading: {
    modelsChanged: { says: 'waits for quiet', does: ['timer 5000'], next: 'waiting' },
    'leading webhook': { says: 'starts at once', does: ['startSync ats_offers'], next: 'starting' },
    integrationChanged: { says: 'waits for quiet', does: ['timer 5000'], next: 'waiting' },
    'integration deleted': {
      says: 'stops the reads, waits for quiet',
      does: [...CUT_TWO, 'timer 5000'],
      next: 'waiting',
    },
    syncNow: { says: 'starts at once', does: [...ACCEPTED, 'startSync all'], next: 'starting' },
    'quiet timer': null,
    'retry timer': null,
    'start done': null,
    'start failed': null,
    'read done': { says: 'records the outcome; the others continue', does: [], next: 'reading' },
    'read waits': { says: 'calls the read again after its pause', does: ['timer 60000'], next: 'reading' },
    'read failed': {
      says: 'records the failure, sets a timer for the next try; the others continue',
      does: ['timer 30000'],
      next: 'reading',
    },
    kept: null,
    cancel: {
      says: 'stops the reads and ends their passes',
      does: [...CUT_TWO, 'keepForLater'],
      next: 'keeping',
    },
    'history long': {
      says: 'continues as new with the reads',
      does: ['cancelActivity', 'continueAsNew'],
      next: 'continued',
    },
  },
  retrying: {
    modelsChanged: {
      says: 'waits for quiet; the next start includes the try',
      does: ['cancelTimer', 'timer 5000'],
      next: 'waiting',
    },
    'leading webhook': {
      says: 'starts at once, and includes the try',
      does: ['cancelTimer', 'startSync ats_offers'],
      next: 'starting',
    },
    integrationChanged: {
      says: 'waits for quiet; the next start includes the try',
      does: ['cancelTimer', 'timer 5000'],
      next: 'waiting',
    },
    'integration deleted': {
      says: 'waits for quiet; the next start includes the try',
      does: ['cancelTimer', 'timer 5000'],
      next: 'waiting',
    },
    syncNow: {
      says: 'starts at once and tries the failed reads',
      does: [...ACCEPTED, 'cancelTimer', 'startSync all'],
      next: 'starting',
    },
    'quiet timer': null,
    'retry timer': { says: 'starts with the reads that are due', does: ['startSync'], next: 'starting' },
    'start done': null,
    'start failed': null,
    'read done': null,
    'read waits': null,
    'read failed': null,
    kept: null,
    cancel: { says: 'ends; what is owed stays owed', does: ['cancelTimer', 'keepForLater'], next: 'keeping' },
    'history long': {
      says: 'continues as new with the time of the try',
      does: ['continueAsNew'],
      next: 'continued',
    },
  },
  keeping: {
    modelsChanged: { says: 'goes to the next run', does: [], next: 'keeping' },
    'leading webhook': { says: 'goes to the next run', does: [], next: 'keeping' },
    integrationChanged: { says: 'goes to the next run', does: [], next: 'keeping' },
    'integration deleted': { says: 'goes to the next run', does: [], next: 'keeping' },
    syncNow: { says: 'goes to the next run', does: ACCEPTED, next: 'keeping' },
    'quiet timer': null,
    'retry timer': null,
    'start done': null,
    'start failed': null,
    'read done': null,
    'read waits': null,
    'read failed': null,
    kept: { says: 'ends, or continues as new with what came meanwhile', does: ['cancelled'], next: 'ended' },
    cancel: { says: 'finishes first', does: [], next: 'keeping' },
    'history long': { says: 'ends; nothing is left to carry', does: ['cancelled'], next: 'ended' },
  },
  ending: {
    modelsChanged: { says: 'does not end: waits for quiet', does: ['timer 5000'], next: 'waiting' },
    'leading webhook': {
      says: 'does not end: starts at once',
      does: ['startSync ats_offers'],
      next: 'starting',
    },
    integrationChanged: { says: 'does not end: waits for quiet', does: ['timer 5000'], next: 'waiting' },
    'integration deleted': { says: 'does not end: waits for quiet', does: ['timer 5000'], next: 'waiting' },
    syncNow: { says: 'does not end: starts at once', does: [...ACCEPTED, 'startSync all'], next: 'starting' },
    'quiet timer': null,
    'retry timer': null,
    'start done': null,
    'start failed': null,
    'read done': { says: 'ends with the result', does: ['complete'], next: 'ended' },
    'read waits': {
      says: 'does not end: calls the read again after its pause',
      does: ['timer 60000'],
      next: 'reading',
    },
    'read failed': { says: 'does not end: waits for its next try', does: ['timer 30000'], next: 'retrying' },
    kept: null,
    cancel: { says: 'ends; the work is done', does: ['keepForLater'], next: 'keeping' },
    'history long': { says: 'ends; nothing is left to carry', does: ['complete'], next: 'ended' },
  },
};
