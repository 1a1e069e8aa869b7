import { randomUUID } from 'node:crypto';
import type { Permit } from '../../hubspot/gateway/gateway.js';
import type { Failure } from '../outbox/delivery/failure.js';
import { formOf, recordKey, type RecordWrite, type WriteResult, type WritesOf } from './recordWrite.js';

/**
 * Sends writes of one type and form as few calls; a result for each, in their order. The permit is for the first call:
 * it is used, or given back.
 */
export type SendWrites = (
  of: WritesOf,
  writes: readonly { readonly key: string; readonly write: RecordWrite }[],
  permit?: Permit,
) => Promise<WriteResult[]>;

/**
 * Waits until a call may be made for the portal. Undefined: none is to be had in time, and `send` finds out why. Never
 * rejects.
 */
export type AwaitTurn = (of: WritesOf, signal: AbortSignal) => Promise<Permit | undefined>;

export interface Coalescer {
  /**
   * Writes records, each with its own result. The first goes at once; those that come meanwhile for its portal, type
   * and form go together. Undefined: too many wait, and nothing was done.
   */
  submit(
    of: WritesOf,
    writes: readonly RecordWrite[],
    keys?: readonly string[],
  ): Promise<WriteResult[]> | undefined;
  /** Writes that wait for their turn. */
  readonly waiting: () => number;
  /** Nothing more is sent; who waits is told so. Resolves when what is under way has ended. */
  stop(): Promise<void>;
}

export interface CoalescerBounds {
  /** That wait for a portal in this process; and for all of them. */
  readonly mostOfPortal: number;
  readonly mostOfAll: number;
  /** For so long a write waits for its turn at most. */
  readonly waitMs: number;
}

const BOUNDS: CoalescerBounds = { mostOfPortal: 2000, mostOfAll: 20_000, waitMs: 10_000 };
const MOST_IN_A_BATCH = 100;
/** Batches of one form of a portal that are out at a time: HubSpot's limit is spent long before. */
const MOST_OUT = 8;

interface Waiting {
  readonly key: string;
  readonly write: RecordWrite;
  /** The record that it is about, as far as it names one. */
  readonly record: string | undefined;
  readonly settle: (result: WriteResult) => void;
  timer?: NodeJS.Timeout;
}

/** Writes of one form for one type of a portal. */
interface Lane {
  readonly of: WritesOf;
  /** HubSpot takes so many of them in a call. */
  readonly inACall: number;
  waiting: Waiting[];
  /** Batches whose turn is waited for, or that are being sent. */
  out: number;
  /** Of those, the batches that have no writes yet: what is there when their turn comes goes with them. */
  turns: number;
  /** Records that are being written: a second write of one waits, so that it is the one that stays. */
  readonly busy: Set<string>;
}

export interface CoalescerOptions {
  readonly bounds?: CoalescerBounds;
  /**
   * Writes are put into a batch when its turn has come, so that all that came while the portal's limit was spent goes
   * with it. Without it they are put into one at once.
   */
  readonly awaitTurn?: AwaitTurn;
}

/** `onUnhandled` is told what our own code threw about a batch: its writes only hear that nothing is known of them. */
export function createCoalescer(
  send: SendWrites,
  onUnhandled: (of: WritesOf, error: unknown) => void,
  { bounds = BOUNDS, awaitTurn }: CoalescerOptions = {},
): Coalescer {
  const lanes = new Map<string, Lane>();
  const waitingOf = new Map<number, number>();
  const underWay = new Set<Promise<void>>();
  let waitingInAll = 0;
  const ending = new AbortController();
  let stopped = false;

  function counted({ of }: Lane, by: number): void {
    waitingInAll += by;
    const now = (waitingOf.get(of.portalId) ?? 0) + by;
    if (now > 0) waitingOf.set(of.portalId, now);
    else waitingOf.delete(of.portalId);
  }

  function laneOf(of: WritesOf, write: RecordWrite): readonly [string, Lane] {
    const name = `${of.workspaceId} ${of.portalId} ${of.objectType} ${formOf(write)}`;
    const known = lanes.get(name);
    if (known) return [name, known];
    const isAlone = write.do === 'create' && write.by === undefined;
    const made = {
      of,
      inACall: isAlone ? 1 : MOST_IN_A_BATCH,
      waiting: [],
      out: 0,
      turns: 0,
      busy: new Set<string>(),
    };
    lanes.set(name, made);
    return [name, made];
  }

  const isBusy = ({ busy }: Lane, { record }: Waiting) => record !== undefined && busy.has(record);

  /** Those that may go now, in their order: none whose record is being written. */
  function take(lane: Lane): Waiting[] {
    const taken: Waiting[] = [];
    const left: Waiting[] = [];
    for (const one of lane.waiting)
      (taken.length < lane.inACall && !isBusy(lane, one) ? taken : left).push(one);
    lane.waiting = left;
    for (const { record, timer } of taken) {
      clearTimeout(timer);
      if (record !== undefined) lane.busy.add(record);
    }
    counted(lane, -taken.length);
    return taken;
  }

  /** `hasEnded`: a batch was answered, so what came meanwhile goes, however little it is. */
  function pump(name: string, lane: Lane, hasEnded = false): void {
    let mayGo = hasEnded || lane.out === 0;
    while (!stopped && lane.out < MOST_OUT) {
      const isFull = lane.waiting.length >= (lane.turns + 1) * lane.inACall;
      if (!isFull && !(mayGo && lane.turns === 0)) break;
      if (!lane.waiting.some((one) => !isBusy(lane, one))) break;
      mayGo = false;
      lane.out += 1;
      const sent = goOn(lane).finally(() => {
        underWay.delete(sent);
        lane.out -= 1;
        pump(name, lane, true);
      });
      underWay.add(sent);
    }
    if (lane.out === 0 && lane.waiting.length === 0) lanes.delete(name);
  }

  function goOn(lane: Lane): Promise<void> {
    if (!awaitTurn) return sendBatch(lane, take(lane));
    lane.turns += 1;
    return awaitTurn(lane.of, ending.signal).then((permit) => {
      lane.turns -= 1;
      const batch = take(lane);
      if (batch.length > 0) return sendBatch(lane, batch, permit);
      permit?.giveBack();
      return undefined;
    });
  }

  async function sendBatch(lane: Lane, batch: readonly Waiting[], permit?: Permit): Promise<void> {
    let results: readonly WriteResult[];
    try {
      results = await send(lane.of, batch, permit);
    } catch (error) {
      onUnhandled(lane.of, error);
      results = [];
    }
    for (const { record } of batch) if (record !== undefined) lane.busy.delete(record);
    for (const [n, { settle }] of batch.entries()) settle(results[n] ?? failed(BROKEN));
  }

  return {
    waiting: () => waitingInAll,
    submit(of, writes, keys) {
      const before = waitingOf.get(of.portalId) ?? 0;
      const isFull =
        before + writes.length > bounds.mostOfPortal || waitingInAll + writes.length > bounds.mostOfAll;
      if (stopped || isFull) return undefined;
      const touched = new Map<string, Lane>();
      const results = writes.map(
        (write, n) =>
          new Promise<WriteResult>((settle) => {
            const [name, lane] = laneOf(of, write);
            const one: Waiting = {
              ...{ key: keys?.[n] ?? randomUUID(), write, settle },
              record: recordKey(of.objectType, write),
            };
            one.timer = setTimeout(() => {
              lane.waiting = lane.waiting.filter((other) => other !== one);
              counted(lane, -1);
              settle(failed(LATE));
            }, bounds.waitMs);
            lane.waiting.push(one);
            counted(lane, 1);
            touched.set(name, lane);
          }),
      );
      for (const [name, lane] of touched) pump(name, lane);
      return Promise.all(results);
    },
    async stop() {
      stopped = true;
      ending.abort();
      for (const lane of lanes.values())
        for (const { settle, timer } of lane.waiting.splice(0)) {
          clearTimeout(timer);
          counted(lane, -1);
          settle(failed(STOPPED));
        }
      await Promise.all(underWay);
    },
  };
}

const failed = (failure: Failure): WriteResult => ({ state: 'failed', failure });

const LATE: Failure = {
  class: 'rate',
  message: "The portal's limit gave this write no turn in time; nothing was done",
  retryAfterMs: 5000,
};
const STOPPED: Failure = {
  class: 'transient',
  message: 'This process is ending; nothing was done',
  retryAfterMs: 1000,
};
/** What our own code threw: whether HubSpot has the write is not known. */
const BROKEN: Failure = {
  class: 'unknown',
  message: 'What became of this write is not known',
  mayBeDone: true,
};
