import type { Revision } from '../actions/definitions.js';
import type { Portal } from '../portals/portal.js';
import type { ActionBody } from './actionBody.js';
import type { LaneTally } from './laneTally.js';
import type { Outputs } from './outputs.js';
import type { SignatureKind } from './signatures.js';

// Workflow, Batch, Enrolment and Execution refer to one another, so they stand in one file.

export interface Action {
  actionDefinitionId: number;
  version: number;
  actionUrl: string;
  signature: SignatureKind;
  target: Target;
  /** What the app's developer has declared; absent: the action was made without. */
  defined?: Revision | undefined;
}

/** Where action calls go. What is the same for each call is computed once. */
export interface Target {
  origin: string;
  path: string;
  headers(body: string): string[];
}

export interface Step {
  actionId: number;
  action: Action;
  inputFields: Record<string, string>;
  queue: string | null;
  lane: LaneTally;
  body: ActionBody;
}

export interface Workflow {
  workflowId: number;
  name: string;
  portal: Portal;
  steps: Step[];
  batches: Batch[];
}

export interface EnrolPlan {
  count: number;
  /** Action calls per second; 0 means that the next call is sent as soon as an answer comes. */
  ratePerSecond: number;
  concurrency: number;
  /** The records, in their order; others, if absent. */
  objectIds?: readonly number[] | undefined;
  /** How many times each call is sent. */
  callsEach: number;
}

/** Records that were enrolled together. All calls for them, repeats and later steps included, keep to its rate. */
export interface Batch {
  batchId: string;
  workflow: Workflow;
  plan: EnrolPlan;
  started: number;
  inFlight: number;
  credit: number;
  creditAtMs: number;
  /** Next steps and repeats, which are sent before new records are enrolled. */
  ready: Execution[];
  byState: Record<EnrolmentState, number>;
}

export const ENROLMENT_STATES = ['queued', 'calling', 'retrying', 'waiting', 'completed', 'failed'] as const;
export type EnrolmentState = (typeof ENROLMENT_STATES)[number];

/**
 * The state of one step of one enrolment: `calling` and `retrying` until an answer decides, `waiting` after BLOCK. The
 * others are final: `completed` by a callback, `answered` at once, `failed` (4xx, or three days without an answer),
 * `expired`.
 */
export type ExecutionState =
  'calling' | 'retrying' | 'waiting' | 'completed' | 'answered' | 'failed' | 'expired';

export interface Execution {
  callbackId: string;
  enrolment: Enrolment;
  step: Step;
  stepIndex: number;
  state: ExecutionState;
  attempts: number;
  /** The number of calls that have no answer yet. */
  inFlight: number;
  firstCallMs: number;
  /** When the BLOCK answer was read. */
  blockedMs: number;
  /** The time of the next try, or of the expiry. */
  dueMs: number;
  outcome: string | null;
  outputs: Outputs | null;
  completion: Completion | null;
  /** When it was completed once more although its answer had reached the caller. */
  repeatedMs: number | null;
}

/** One completing request, shared by all its executions. `lost`: its answer never reached the caller. */
export interface Completion {
  atMs: number;
  lost: boolean;
}

export interface Enrolment {
  enrollmentId: number;
  objectId: number;
  workflow: Workflow;
  batch: Batch;
  state: EnrolmentState;
  current: Execution | null;
}
