/**
 * States and events of `integrationSync`. docs/SPEC.md shows this table to people, test/spec checks that both say the same,
 * and test/workflows/transitions.test.ts drives the workflow through every cell. A state or event that is added here does not
 * compile before each of its cells is filled.
 */
export const STATES = ['waiting', 'planning', 'syncing', 'recording', 'retrying', 'ending'] as const;
export type State = (typeof STATES)[number];

export const EVENTS = [
  'modelsChanged',
  'integrationChanged',
  'integration deleted',
  'syncNow',
  'quiet timer',
  'retry timer',
  'plan done',
  'plan failed',
  'pass done',
  'pass failed',
  'pass parked',
  'failures recorded',
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

/** Null: the event cannot come in this state. */
export const TRANSITIONS: Record<State, Record<Event, Transition | null>> = {
  waiting: {
    modelsChanged: { says: 'adds to the set, moves the deadline', does: [], next: 'waiting' },
    integrationChanged: { says: 'notes the look-up, moves the deadline', does: [], next: 'waiting' },
    'integration deleted': { says: 'notes the look-up, moves the deadline', does: [], next: 'waiting' },
    syncNow: {
      says: 'plans at once',
      does: ['update accepted', 'update completed', 'cancelTimer', 'planSync all'],
      next: 'planning',
    },
    'quiet timer': {
      says: 'plans when the deadline has come, else sets the timer again',
      does: ['planSync ats_jobs'],
      next: 'planning',
    },
    'retry timer': null,
    'plan done': null,
    'plan failed': null,
    'pass done': null,
    'pass failed': null,
    'pass parked': null,
    'failures recorded': null,
    cancel: {
      says: 'records the set as owed',
      does: ['cancelTimer', 'recordFailures ats_jobs'],
      next: 'recording',
    },
    'history long': { says: 'goes on', does: ['planSync ats_jobs'], next: 'planning' },
  },
  planning: {
    modelsChanged: { says: 'waits for the next sync', does: [], next: 'planning' },
    integrationChanged: { says: 'waits for the next sync', does: [], next: 'planning' },
    'integration deleted': { says: 'the passes do not begin', does: [], next: 'planning' },
    syncNow: {
      says: 'the next sync does not wait for quiet',
      does: ['update accepted', 'update completed'],
      next: 'planning',
    },
    'quiet timer': null,
    'retry timer': null,
    'plan done': {
      says: 'starts the passes, four at once',
      does: ['syncEndpoint delta /ats/jobs', 'syncEndpoint delta /ats/applications'],
      next: 'syncing',
    },
    'plan failed': {
      says: 'records the models as owed',
      does: ['recordFailures ats_jobs'],
      next: 'recording',
    },
    'pass done': null,
    'pass failed': null,
    'pass parked': null,
    'failures recorded': null,
    cancel: {
      says: 'records the models as owed',
      does: ['cancelActivity', 'recordFailures ats_jobs'],
      next: 'recording',
    },
    'history long': {
      says: 'goes on',
      does: ['syncEndpoint delta /ats/jobs', 'syncEndpoint delta /ats/applications'],
      next: 'syncing',
    },
  },
  syncing: {
    modelsChanged: { says: 'waits for the next sync', does: [], next: 'syncing' },
    integrationChanged: { says: 'waits for the next sync', does: [], next: 'syncing' },
    'integration deleted': {
      says: 'cuts the passes off and records them as owed',
      does: [
        'patched deletion-cuts-passes',
        'cancelActivity',
        'cancelActivity',
        'recordFailures /ats/jobs,/ats/applications',
      ],
      next: 'recording',
    },
    syncNow: {
      says: 'the next sync does not wait for quiet',
      does: ['update accepted', 'update completed'],
      next: 'syncing',
    },
    'quiet timer': null,
    'retry timer': null,
    'plan done': null,
    'plan failed': null,
    'pass done': { says: 'starts the next pass, while there is one', does: [], next: 'syncing' },
    'pass failed': { says: 'notes it; the other passes go on', does: [], next: 'syncing' },
    'pass parked': {
      says: 'starts no more passes; the rest counts as failed too',
      does: [],
      next: 'syncing',
    },
    'failures recorded': null,
    cancel: {
      says: 'records every unfinished pass as owed',
      does: ['cancelActivity', 'cancelActivity', 'recordFailures /ats/jobs,/ats/applications'],
      next: 'recording',
    },
    'history long': {
      says: 'continues as new between two chunks, with the open passes',
      does: ['continueAsNew'],
      next: 'continued',
    },
  },
  recording: {
    modelsChanged: { says: 'waits for the next sync', does: [], next: 'recording' },
    integrationChanged: { says: 'waits for the next sync', does: [], next: 'recording' },
    'integration deleted': {
      says: 'waits for the next sync',
      does: ['patched deletion-cuts-passes'],
      next: 'recording',
    },
    syncNow: {
      says: 'the next sync does not wait for quiet',
      does: ['update accepted', 'update completed'],
      next: 'recording',
    },
    'quiet timer': null,
    'retry timer': null,
    'plan done': null,
    'plan failed': null,
    'pass done': null,
    'pass failed': null,
    'pass parked': null,
    'failures recorded': {
      says: 'ends, or waits when something is pending or tried again',
      does: ['complete'],
      next: 'ended',
    },
    cancel: { says: 'finishes the recording first', does: [], next: 'recording' },
    'history long': { says: 'ends, nothing is left to carry', does: ['complete'], next: 'ended' },
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
      says: 'plans at once, and tries what fails',
      does: ['update accepted', 'update completed', 'cancelTimer', 'planSync all'],
      next: 'planning',
    },
    'quiet timer': null,
    'retry timer': { says: 'plans what is owed', does: ['planSync'], next: 'planning' },
    'plan done': null,
    'plan failed': null,
    'pass done': null,
    'pass failed': null,
    'pass parked': null,
    'failures recorded': null,
    cancel: { says: 'ends, the reads stay owed', does: ['cancelTimer', 'cancelled'], next: 'ended' },
    'history long': { says: 'goes on', does: ['planSync'], next: 'planning' },
  },
  ending: {
    modelsChanged: { says: 'does not end: waits again', does: ['timer 5000'], next: 'waiting' },
    integrationChanged: { says: 'does not end: waits again', does: ['timer 5000'], next: 'waiting' },
    'integration deleted': {
      says: 'does not end: waits again',
      does: ['patched deletion-cuts-passes', 'timer 5000'],
      next: 'waiting',
    },
    syncNow: {
      says: 'does not end: plans at once',
      does: ['update accepted', 'update completed', 'planSync all'],
      next: 'planning',
    },
    'quiet timer': null,
    'retry timer': null,
    'plan done': null,
    'plan failed': null,
    'pass done': { says: 'ends with the result', does: ['complete'], next: 'ended' },
    'pass failed': {
      says: 'records the failure',
      does: ['recordFailures /ats/applications'],
      next: 'recording',
    },
    'pass parked': {
      says: 'records the failure and parks the integration',
      does: ['recordFailures /ats/applications'],
      next: 'recording',
    },
    'failures recorded': null,
    cancel: { says: 'ends with the result, the work is done', does: ['complete'], next: 'ended' },
    'history long': { says: 'ends, nothing is left to carry', does: ['complete'], next: 'ended' },
  },
};
