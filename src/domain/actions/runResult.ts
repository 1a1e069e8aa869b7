import type { ActionOutputs } from '../throttle/actionOutputs.js';

/** What is kept of a run's end, sealed. */
export interface KeptResult {
  /** What the handler gave. */
  readonly outputs?: ActionOutputs;
  /** What it threw last, for people. */
  readonly error?: string;
}

/** What a call brought, sealed. */
export interface KeptInput {
  /** The step's fields, as they were sent. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly object: {
    readonly objectId: string;
    readonly objectType: string | null;
    readonly properties: Readonly<Record<string, string | null>>;
  } | null;
  readonly workflowId: string | null;
}
