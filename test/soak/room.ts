import type { Verdict } from '../faults/oracle.js';
import type { Stack } from '../support/stack.js';

/** What a room plays with. */
export interface Stage {
  readonly stack: Stack;
  /** The room's own choices, the same again for the same seed. */
  readonly random: () => number;
  /** Repeats what a person or a program would repeat while the service is away, until it works. */
  insist<T>(what: string, work: () => Promise<T>): Promise<T>;
}

export interface Progress {
  /** What was accepted and has ended. */
  readonly done: number;
  /** What was accepted and has not ended. */
  readonly waiting: number;
}

/** What a judge has to know of the faults that were played. */
export interface Played {
  /** Faults under which the answer to a call may have got lost. */
  readonly disruptions: number;
}

/** What a room does in a soak. It is made while everything is well, before the first fault. */
export interface RoomLoad {
  /** Portals whose calls faults may meet at HubSpot. */
  readonly portalIds?: readonly number[];
  /** Those of them in which a person installed the app: faults may take access away, and install anew. */
  readonly installedIds?: readonly number[];
  /** Works until the signal, and leaves nothing half done. Faults go on meanwhile: none of them may end it. */
  load(end: AbortSignal): Promise<void>;
  progress(): Promise<Progress>;
  /** After load and faults: what people do in the end (install anew, redrive). Resolves when nothing waits. */
  drain(): Promise<void>;
  /** What the room promises, over everything that was accepted. */
  judge(played: Played): Promise<Verdict>;
}

/** A room registers here what it has: `rooms.ts` lists them. */
export interface SoakRoom {
  readonly name: string;
  /** For API and worker. */
  readonly env?: Readonly<Record<string, string>>;
  prepare(stage: Stage): Promise<RoomLoad>;
}
