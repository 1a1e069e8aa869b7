import { readChanges, type FeedPlace, type StoredChange } from '../../db/crm/changes.js';
import {
  behindDeadLetters,
  claimConsumer,
  giveUpRedriven,
  leaveConsumer,
  moveOn,
  readRedriven,
  settleRedriven,
  type ConsumerId,
  type DeadChange,
  type DeliveryClaim,
} from '../../db/crm/deliveries.js';
import { isTransientDatabaseError, type Pool } from '../../db/pool.js';
import {
  HALVED_AFTER,
  MOST_BYTES_OF_A_CALL,
  MOST_OF_A_CALL,
  pauseAfter,
  REFUSED_AFTER,
} from '../../domain/crm/consumer.js';
import { crashPoint } from '../../platform/crashPoint.js';
import { readFeedPlaces, type FeedPlaces } from './feedPlaces.js';
import type { AboutFeed, SendChanges } from './sendChanges.js';
import { sendInOrder, type Sent } from './sendInOrder.js';

/*
 * One run of calling a consumer: batch by batch, each of which ends in one transaction that moves the consumer on and
 * stores what was refused for good. Who dies between a call and that transaction has its last batch sent again: at
 * least once, and each record's changes in their order, since nothing of a record is sent while an earlier change of it
 * is a dead letter.
 */

interface Dependencies {
  readonly pool: Pool;
  /** How a claim's consumer is called. */
  readonly callsOf: (claim: DeliveryClaim, places: FeedPlaces, signal: AbortSignal) => Promise<SendChanges>;
}

export interface DeliveryOptions {
  readonly signal: AbortSignal;
  /** Monotonic. */
  readonly untilMs: number;
  readonly onProgress: (progress: DeliveryProgress) => void;
}

export interface DeliveryProgress {
  readonly delivered: number;
  readonly dead: number;
}

/** `more`: its time is over, and more follows. */
export type DeliveryResult = DeliveryProgress & {
  readonly ended: 'done' | 'more' | 'failed' | 'lost' | 'not_taken';
};

/** Its time is over in the middle of a batch; what is known of that is stored. */
class TurnOver extends Error {}
/** The consumer is another's by now, or is not to be called any more. */
class ConsumerLost extends Error {}
/** The receiver does not take what it is sent; it is sent again later. */
class NotTaken extends Error {}

export async function deliverChanges(
  { pool, callsOf }: Dependencies,
  of: ConsumerId,
  { signal, untilMs, onProgress }: DeliveryOptions,
): Promise<DeliveryResult> {
  const claim = await claimConsumer(pool, of);
  if (!claim) return { delivered: 0, dead: 0, ended: 'not_taken' };
  crashPoint('crm.delivery.claimed');
  const count = { delivered: 0, dead: 0 };
  const booked = (taken: readonly unknown[], dead: readonly unknown[]) => {
    count.delivered += taken.length;
    count.dead += dead.length;
    onProgress({ ...count });
  };
  const hasTime = () => !signal.aborted && performance.now() < untilMs;
  try {
    const places = await readFeedPlaces(pool);
    const send = await callsOf(claim, places, signal);
    const run = createRun({ pool, claim, places, send, booked, hasTime });
    let place: FeedPlace | undefined = claim.place;
    while (hasTime() && (await run.redriven()));
    while (place && hasTime()) place = await run.nextFrom(place);
    await leaveConsumer(pool, claim);
    return { ...count, ended: place ? 'more' : 'done' };
  } catch (error) {
    if (error instanceof ConsumerLost) return { ...count, ended: 'lost' };
    if (error instanceof TurnOver) {
      await leaveConsumer(pool, claim);
      return { ...count, ended: 'more' };
    }
    const failures = count.delivered > 0 ? 0 : claim.failures;
    await leaveConsumer(pool, claim, { message: reasonOf(error), againInMs: pauseAfter(failures) });
    // What is no answer of the receiver is ours to see, too.
    if (!(error instanceof NotTaken)) throw error;
    return { ...count, ended: 'failed' };
  }
}

/** For whoever looks at the consumer. */
function reasonOf(error: unknown): string {
  if (error instanceof NotTaken) return error.message;
  if (isTransientDatabaseError(error)) return 'The database did not answer in the middle of a batch';
  const name = error instanceof Error ? error.name : typeof error;
  return `Sluice cannot send what follows (${name}): see the worker's log, and report it`;
}

interface Run {
  readonly pool: Pool;
  readonly claim: DeliveryClaim;
  readonly places: FeedPlaces;
  readonly send: SendChanges;
  readonly booked: (taken: readonly StoredChange[], dead: readonly DeadChange[]) => void;
  readonly hasTime: () => boolean;
}

function createRun({ pool, claim, places, send, booked, hasTime }: Run) {
  let { failures, missed } = claim;
  const size = { limit: MOST_OF_A_CALL, mostBytes: MOST_BYTES_OF_A_CALL };

  const ended = ({ stop }: Sent) => {
    switch (stop?.kind) {
      case undefined:
        return;
      case 'lost':
        throw new ConsumerLost('It is called by somebody else, or paused');
      case 'late':
      case 'stopped':
        throw new TurnOver();
      case 'failed':
        throw new NotTaken(stop.why);
    }
  };

  /** What is to be said where no change is to be sent with it. */
  const tell = async (about: AboutFeed) => {
    const result = await send([], about);
    if (result.kind === 'lost') throw new ConsumerLost('It is called by somebody else, or paused');
    if (result.kind === 'stopped') throw new TurnOver();
    if (result.kind === 'failed') throw new NotTaken(result.why);
  };

  return {
    /** Dead letters that are to be sent again, before what follows. False: there are none. */
    async redriven(): Promise<boolean> {
      const { changes, lost } = await readRedriven(pool, claim, size);
      if (lost.length > 0) await giveUpRedriven(pool, claim, lost);
      crashPoint('crm.redrive.read');
      if (changes.length === 0) return lost.length > 0;
      const about = { restored: false, expired: false };
      const sent = await sendInOrder(send, changes, { halves: true, about, hasTime });
      crashPoint('crm.redrive.answered');
      const dead = [...sent.refused, ...sent.behind];
      if (!(await settleRedriven(pool, claim, { taken: sent.taken, dead })))
        throw new ConsumerLost('It is called by somebody else');
      crashPoint('crm.redrive.settled');
      booked(sent.taken, dead);
      ended(sent);
      return true;
    },

    /** Sends what follows a place. Where it goes on; undefined: nothing follows yet. */
    async nextFrom(place: FeedPlace): Promise<FeedPlace | undefined> {
      const page = { after: place, now: places.now, limit: size.limit, mostBytes: size.mostBytes };
      const { changes, through } = await readChanges(pool, claim.workspaceId, {
        ...page,
        wanted: claim.wanted,
      });
      if (!through) return undefined;
      // What a handler throws may be about a partner's whole day, and never about its changes alone.
      const gaveUp = claim.sink === 'webhook' && failures >= REFUSED_AFTER;
      const behind = await behindDeadLetters(pool, claim, changes);
      const free = changes.filter((change) => !behind.has(change));
      const about = {
        restored: place.generation < (free[0]?.generation ?? place.generation),
        expired: missed,
      };
      if (free.length === 0 && about.restored) await tell(about);
      const halves = failures >= HALVED_AFTER;
      const sent = await sendInOrder(send, free, { halves, patient: gaveUp, about, hasTime });
      if (free.length > 0) crashPoint('crm.delivery.answered');
      const settled = settlement({ changes, behind, sent, through, gaveUp });
      if (settled) {
        if (!(await moveOn(pool, claim, settled)))
          throw new ConsumerLost('It was set to another place, or is called by somebody else');
        crashPoint('crm.delivery.settled');
        booked(sent.taken, settled.dead);
        if (sent.taken.length > 0) [failures, missed] = [0, false];
      }
      if (settled || sent.stop?.kind !== 'late') ended(sent);
      if (settled) return settled.place;
      throw new NotTaken(
        sent.why ?? `It refuses all that it is sent (${sent.refused[0]?.status ?? 'no answer'})`,
      );
    },
  };
}

/**
 * What is known of a batch: how far the consumer is, and what is a dead letter. Undefined: nothing is known, and the
 * batch is sent again. Nothing ends because the receiver takes nothing at all, unless that lasts.
 */
function settlement(of: {
  readonly changes: readonly StoredChange[];
  readonly behind: ReadonlySet<StoredChange>;
  readonly sent: Sent;
  readonly through: FeedPlace;
  readonly gaveUp: boolean;
}): { place: FeedPlace; taken: boolean; dead: DeadChange[] } | undefined {
  const { changes, behind, sent, through, gaveUp } = of;
  const known = new Map<StoredChange, DeadChange | 'taken'>(sent.taken.map((change) => [change, 'taken']));
  const isProved = sent.taken.length > 0 || gaveUp;
  if (isProved) for (const dead of [...sent.refused, ...sent.behind]) known.set(dead.change, dead);
  for (const change of behind) known.set(change, { change, status: null });
  const settled: StoredChange[] = [];
  for (const change of changes) {
    if (!known.has(change)) break;
    settled.push(change);
  }
  const last = settled.at(-1);
  if (!last && changes.length > 0) return undefined;
  const dead = settled.flatMap((change) => {
    const how = known.get(change);
    return how === undefined || how === 'taken' ? [] : [how];
  });
  const place =
    settled.length === changes.length || !last
      ? through
      : { generation: last.generation, transaction: last.transactionId, change: last.id };
  return { place, taken: sent.taken.length > 0, dead };
}
