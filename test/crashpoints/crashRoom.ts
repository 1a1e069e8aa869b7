import type { Verdict } from '../faults/oracle.js';
import type { ProcessHandle, Stack } from '../support/stack.js';

/** What a room registers for its crash points, in one file: docs/testing.md#crash-points. */
export interface CrashRoom {
  /** The first part of its labels. */
  readonly name: string;
  /** Where else its code is, beside `src/<floor>/<name>/` and `migrations/functions/<name>/`: beginnings of paths. */
  readonly alsoIn?: readonly string[];
  /** For API and worker. One stack serves all rooms. */
  readonly env?: Readonly<Record<string, string>>;
  readonly loads: readonly Load[];
}

/** Work that passes crash points, and how it is judged. */
export interface Load {
  /** What it is, in a few words. */
  readonly name: string;
  /** The process that is killed. */
  readonly process: 'api' | 'worker';
  /** The labels that it passes. Each label of the source is in exactly one load. */
  readonly reaches: readonly string[];
  /** While everything is up. Each label gets a portal of its own, so that it is judged by itself. */
  prepare(stack: Stack): Promise<Play>;
}

/** A load that is ready to begin. */
export interface Play {
  /**
   * What is killed, where it is not the stack's API or worker: a command, or a worker of another kind. It is not
   * running yet, and `afterDeath` starts it again.
   */
  readonly process?: ProcessHandle;
  /** Brings the work. A worker is about to be started then; an API is up, and may be killed before this resolves. */
  begin(): Promise<void>;
  /** The process has died at its label, and is not there yet. */
  afterDeath?(): Promise<void>;
  /** Whether all of it has come to its end. */
  ended(): Promise<boolean>;
  /** When all loads have: what was lost, what was doubled. `deathsMs`: of any process, on the sandbox's clock. */
  judge(deathsMs: readonly number[]): Promise<Verdict>;
}
