import type { SyncedObject } from '../../db/sync/reader.js';
import type { Logger } from '../../platform/logger.js';
import { createPlaces } from '../../platform/places.js';
import { createSeldom } from '../../platform/seldom.js';

interface Dependencies {
  /** Whether records of the type are to be read now. */
  readonly hasReads: (object: SyncedObject) => Promise<boolean>;
  /** One turn of reading them. Bounded in time. */
  readonly read: (object: SyncedObject) => Promise<TurnEnded>;
  readonly logger: Logger;
  readonly atOnce?: number;
}

/** How a turn ended. */
export interface TurnEnded {
  /** Others have the type in hand, or its workspace has as many turns as it may have: nothing was read. */
  readonly notTaken: boolean;
  /** It failed, and is tried again after so long. */
  readonly againInMs?: number | undefined;
}

/** Reads what webhooks have named, as soon as it is heard of. */
export interface NamedReader {
  heard(object: SyncedObject): void;
  /** Nothing more begins; resolves when the turns that run have ended. */
  stop(): Promise<void>;
}

/** The first events of a burst wait for those that come with them. */
const FIRST_WAITS_MS = 150;
/** From the beginning of one turn of a type to that of the next: events of this time cost one read of a record. */
const BETWEEN_TURNS_MS = 1000;
/** Who cannot have a turn asks again after twice as long each time, up to this; what takes longer is the Schedule's. */
const MOST_WAIT_MS = 30_000;
const AT_ONCE = 8;
/** Of these, types of one portal: where its answers do not come, the others have their turns. */
const SHARE_OF_PORTAL = 0.5;
/** Types that are waited for; more are found by the Schedule. */
const MOST_HEARD = 10_000;

interface Heard {
  readonly object: SyncedObject;
  /** Something more was heard of since its turn began. */
  again: boolean;
  lastBeganAt: number;
  /** So often in a row it was another's turn. */
  inVain: number;
  /** Not before so long after its turn began. */
  restMs: number;
  state: 'resting' | 'waiting' | 'reading';
}

/**
 * A hint, and no more: what is not heard, or fails, is found by the Schedule `sluice-sync-webhooks`. Types take their
 * turns in the order in which they were heard of, so many at a time; one is in a turn once.
 */
export function createNamedReader({ hasReads, read, logger, atOnce = AT_ONCE }: Dependencies): NamedReader {
  const all = new Map<string, Heard>();
  const timers = new Set<NodeJS.Timeout>();
  const line: Heard[] = [];
  const seldom = createSeldom();
  const turns = new Set<Promise<void>>();
  const places = createPlaces<number>({ ofKey: Math.ceil(atOnce * SHARE_OF_PORTAL) });
  let stopped = false;

  function later(one: Heard): void {
    one.state = 'waiting';
    const since = performance.now() - one.lastBeganAt;
    const timer = setTimeout(
      () => {
        timers.delete(timer);
        line.push(one);
        begin();
      },
      Math.max(FIRST_WAITS_MS, one.restMs - since),
    );
    timers.add(timer);
  }

  function begin(): void {
    while (!stopped && turns.size < atOnce) {
      const at = line.findIndex(({ object }) => !places.areFull(object.portalId));
      const [one] = at < 0 ? [] : line.splice(at, 1);
      if (!one) return;
      const leave = places.take(one.object.portalId);
      const running: Promise<void> = turn(one).finally(() => {
        turns.delete(running);
        leave?.();
        begin();
      });
      turns.add(running);
    }
  }

  async function turn(one: Heard): Promise<void> {
    const key = keyOf(one.object);
    one.state = 'reading';
    one.again = false;
    one.lastBeganAt = performance.now();
    one.restMs = BETWEEN_TURNS_MS;
    try {
      if (await hasReads(one.object)) {
        const { notTaken, againInMs } = await read(one.object);
        one.inVain = notTaken ? one.inVain + 1 : 0;
        one.restMs = Math.min(MOST_WAIT_MS, BETWEEN_TURNS_MS * 2 ** one.inVain);
        if (againInMs !== undefined && againInMs <= MOST_WAIT_MS) {
          one.restMs = performance.now() - one.lastBeganAt + againInMs;
          one.again = true;
        }
        // Somebody else may have had it, and have looked for the last time before these came.
        if (await hasReads(one.object)) one.again = true;
      }
    } catch (error) {
      const said = seldom('read');
      if (said)
        logger.warn('Records that webhooks named could not be read; the Schedule does it', {
          error,
          ...said,
        });
    }
    if (stopped) return;
    if (one.again) return later(one);
    one.state = 'resting';
    const timer = setTimeout(() => {
      timers.delete(timer);
      if (one.state === 'resting') all.delete(key);
    }, BETWEEN_TURNS_MS);
    timers.add(timer);
  }

  return {
    heard(object) {
      if (stopped) return;
      const key = keyOf(object);
      const known = all.get(key);
      if (known?.state === 'waiting') return;
      if (known?.state === 'reading') {
        known.again = true;
        return;
      }
      if (!known && all.size >= MOST_HEARD) return;
      const one = known ?? {
        ...{ object, again: false, lastBeganAt: -Infinity },
        ...{ inVain: 0, restMs: BETWEEN_TURNS_MS, state: 'resting' as const },
      };
      all.set(key, one);
      later(one);
    },
    async stop() {
      stopped = true;
      for (const timer of timers) clearTimeout(timer);
      await Promise.all(turns);
    },
  };
}

const keyOf = ({ workspaceId, portalId, objectType }: SyncedObject) =>
  `${workspaceId} ${portalId} ${objectType}`;
