/**
 * States and events of `integrationSync`. docs/SPEC.md shows this table to people, test/spec checks that both say the same,
 * and test/workflows/transitions.test.ts drives the workflow through every cell. A state or event that is added here does not
 * compile before each of its cells is filled.
 *
 * In `waiting`, `starting` and `reading` two reads are under way: they go on beside everything else.
 */
export const STATES = ['waiting', 'starting', 'reading', 'retrying', 'keeping', 'ending'] as const;
export type State = (typeof STATES)[number];

export const EVENTS = [
  'modelsChanged',
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
  /** The words of docs/SPEC.md. */
  says: string;
  /** What the workflow asks for. */
  does: string[];
  /** Where the run is afterwards. */
  next: State | 'ended' | 'continued';
}

const ACCEPTED = ['update accepted', 'update completed'];
const CUT_TWO = ['cancelActivity', 'cancelActivity'];

/** Null: the event cannot come in this state. */
export const TRANSITIONS: Record<State, Record<Event, Transition | null>> = {
  waiting: {
    modelsChanged: { says: 'adds to what is wanted, moves the deadline', does: [], next: 'waiting' },
    integrationChanged: { says: 'adds the look-up, moves the deadline', does: [], next: 'waiting' },
    'integration deleted': { says: 'adds the look-up, cuts the reads off', does: CUT_TWO, next: 'waiting' },
    syncNow: {
      says: 'starts at once',
      does: [...ACCEPTED, 'cancelTimer', 'startSync all'],
      next: 'starting',
    },
    'quiet timer': {
      says: 'starts when the deadline has come, else sets the timer again',
      does: ['startSync ats_offers'],
      next: 'starting',
    },
    'retry timer': null,
    'start done': null,
    'start failed': null,
    'read done': { says: 'notes it', does: [], next: 'waiting' },
    'read waits': { says: 'calls it again after its pause', does: ['timer 60000'], next: 'waiting' },
    'read failed': { says: 'notes it and when it is tried again', does: [], next: 'waiting' },
    kept: null,
    cancel: {
      says: 'cuts the reads off, keeps what is wanted',
      does: [...CUT_TWO, 'cancelTimer', 'keepForLater ats_offers'],
      next: 'keeping',
    },
    'history long': {
      says: 'continues as new, with what is wanted and read',
      does: ['cancelTimer', ...CUT_TWO, 'continueAsNew'],
      next: 'continued',
    },
  },
  starting: {
    modelsChanged: { says: 'waits for the next start', does: [], next: 'starting' },
    integrationChanged: { says: 'waits for the next start', does: [], next: 'starting' },
    'integration deleted': {
      says: 'cuts the reads off; what the start brings does not begin',
      does: CUT_TWO,
      next: 'starting',
    },
    syncNow: { says: 'the next start does not wait for quiet', does: ACCEPTED, next: 'starting' },
    'quiet timer': null,
    'retry timer': null,
    'start done': {
      says: 'begins the reads that it has left',
      does: ['syncEndpoint delta /ats/offers'],
      next: 'reading',
    },
    'start failed': {
      says: 'keeps what was wanted, starts again in a minute',
      does: ['timer 60000'],
      next: 'waiting',
    },
    'read done': { says: 'notes it', does: [], next: 'starting' },
    'read waits': { says: 'calls it again after its pause', does: ['timer 60000'], next: 'starting' },
    'read failed': { says: 'notes it and when it is tried again', does: [], next: 'starting' },
    kept: null,
    cancel: {
      says: 'cuts the start and the reads off, keeps what was wanted',
      does: ['cancelActivity', ...CUT_TWO, 'keepForLater ats_offers'],
      next: 'keeping',
    },
    'history long': {
      says: 'cuts the start off, continues as new with what was wanted',
      does: ['cancelActivity', ...CUT_TWO, 'continueAsNew'],
      next: 'continued',
    },
  },
  reading: {
    modelsChanged: { says: 'waits for quiet', does: ['timer 5000'], next: 'waiting' },
    integrationChanged: { says: 'waits for quiet', does: ['timer 5000'], next: 'waiting' },
    'integration deleted': {
      says: 'cuts the reads off, waits for quiet',
      does: [...CUT_TWO, 'timer 5000'],
      next: 'waiting',
    },
    syncNow: { says: 'starts at once', does: [...ACCEPTED, 'startSync all'], next: 'starting' },
    'quiet timer': null,
    'retry timer': null,
    'start done': null,
    'start failed': null,
    'read done': { says: 'notes it; the others go on', does: [], next: 'reading' },
    'read waits': { says: 'calls it again after its pause', does: ['timer 60000'], next: 'reading' },
    'read failed': {
      says: 'notes it, sets a timer for its next try; the others go on',
      does: ['timer 30000'],
      next: 'reading',
    },
    kept: null,
    cancel: {
      says: 'cuts the reads off and ends their passes',
      does: [...CUT_TWO, 'keepForLater'],
      next: 'keeping',
    },
    'history long': {
      says: 'continues as new, with the reads',
      does: ['cancelActivity', 'continueAsNew'],
      next: 'continued',
    },
  },
  retrying: {
    modelsChanged: {
      says: 'waits for quiet; the try goes along',
      does: ['cancelTimer', 'timer 5000'],
      next: 'waiting',
    },
    integrationChanged: {
      says: 'waits for quiet; the try goes along',
      does: ['cancelTimer', 'timer 5000'],
      next: 'waiting',
    },
    'integration deleted': {
      says: 'waits for quiet; the try goes along',
      does: ['cancelTimer', 'timer 5000'],
      next: 'waiting',
    },
    syncNow: {
      says: 'starts at once, and tries what fails',
      does: [...ACCEPTED, 'cancelTimer', 'startSync all'],
      next: 'starting',
    },
    'quiet timer': null,
    'retry timer': { says: 'starts with what is due', does: ['startSync'], next: 'starting' },
    'start done': null,
    'start failed': null,
    'read done': null,
    'read waits': null,
    'read failed': null,
    kept: null,
    cancel: { says: 'ends, what is owed stays owed', does: ['cancelTimer', 'keepForLater'], next: 'keeping' },
    'history long': {
      says: 'continues as new, with the time of the try',
      does: ['continueAsNew'],
      next: 'continued',
    },
  },
  keeping: {
    modelsChanged: { says: 'is handed to the run that follows', does: [], next: 'keeping' },
    integrationChanged: { says: 'is handed to the run that follows', does: [], next: 'keeping' },
    'integration deleted': { says: 'is handed to the run that follows', does: [], next: 'keeping' },
    syncNow: { says: 'is handed to the run that follows', does: ACCEPTED, next: 'keeping' },
    'quiet timer': null,
    'retry timer': null,
    'start done': null,
    'start failed': null,
    'read done': null,
    'read waits': null,
    'read failed': null,
    kept: { says: 'ends, or continues as new with what came meanwhile', does: ['cancelled'], next: 'ended' },
    cancel: { says: 'finishes first', does: [], next: 'keeping' },
    'history long': { says: 'ends, nothing is left to carry', does: ['cancelled'], next: 'ended' },
  },
  ending: {
    modelsChanged: { says: 'does not end: waits for quiet', does: ['timer 5000'], next: 'waiting' },
    integrationChanged: { says: 'does not end: waits for quiet', does: ['timer 5000'], next: 'waiting' },
    'integration deleted': { says: 'does not end: waits for quiet', does: ['timer 5000'], next: 'waiting' },
    syncNow: { says: 'does not end: starts at once', does: [...ACCEPTED, 'startSync all'], next: 'starting' },
    'quiet timer': null,
    'retry timer': null,
    'start done': null,
    'start failed': null,
    'read done': { says: 'ends with the result', does: ['complete'], next: 'ended' },
    'read waits': {
      says: 'does not end: calls it again after its pause',
      does: ['timer 60000'],
      next: 'reading',
    },
    'read failed': { says: 'does not end: waits for its next try', does: ['timer 30000'], next: 'retrying' },
    kept: null,
    cancel: { says: 'ends, the work is done', does: ['keepForLater'], next: 'keeping' },
    'history long': { says: 'ends, nothing is left to carry', does: ['complete'], next: 'ended' },
  },
};
