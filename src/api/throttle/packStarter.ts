import type { Config } from '../../platform/config/config.js';
import type { Pool } from '../../db/pool.js';
import type { LaneId } from '../../db/throttle/lanes.js';
import { claimedPacks, markPackStarted, takePack, type Pack, type PackId } from '../../db/throttle/packs.js';
import type { Logger } from '../../platform/logger.js';
import type { ThrottleStarter } from '../../temporal/throttle/starter.js';
import type { IntakeInstruments } from './instruments.js';

interface Dependencies {
  readonly pool: Pool;
  readonly temporal: ThrottleStarter;
  readonly config: Pick<
    Config,
    'THROTTLE_STARTER_WIDTH' | 'THROTTLE_MAX_PER_WORKFLOW' | 'THROTTLE_HORIZON_MS'
  >;
  readonly logger: Logger;
  readonly metrics: IntakeInstruments;
}

export interface PackStarter {
  /** The lane has executions to start, the first of them due in `dueInMs`. */
  add(lane: LaneId, dueInMs: number): void;
  /** An activity has claimed the pack: its place is free. */
  claimed(packId: string): void;
  stop(): void;
}

/** Workflows that only set a timer need not hurry: so many at once, and not faster than this. */
const FAR_WIDTH = 2;
const FAR_SPACING_MS = 12;
const CHECK_CLAIMS_MS = 250;
/** A pack of so many says that rows come faster than Temporal takes workflows. */
const CROWDED_FROM = 25;
/** Meanwhile they are started one after the other; one that is not taken up in this time is not waited for. */
const CROWDED_PATIENCE_MS = 1000;
/** Temporal is away: the reconciler starts the rest; this process tries again meanwhile. */
const RETRY_MS = 1000;

/** A lane in line, with when its first execution is due (monotonic ms). */
interface Line extends LaneId {
  readonly dueAt: number;
}

/**
 * Starts the workflows of committed executions. It keeps at most W workflows that are due within the horizon and that
 * no activity has claimed yet; the executions that have piled up in a lane when a place comes free are the next pack.
 * So each execution has a workflow of its own while Temporal keeps up, and up to `maxPerWorkflow` share one when it
 * does not (docs/decisions/0002-rows-and-packs.md).
 */
export function createPackStarter({ pool, temporal, config, logger, metrics }: Dependencies): PackStarter {
  const horizonMs = config.THROTTLE_HORIZON_MS;
  /** Lanes with executions that ride in no workflow yet. */
  const lines = new Map<string, Line>();
  const unclaimed = new Map<string, PackId & { readonly startedAt: number }>();
  let near = 0;
  let far = 0;
  let lastFarAt = -Infinity;
  /** The last pack was a large one. */
  let crowded = false;
  let pausedUntil = -Infinity;
  let timer: NodeJS.Timeout | undefined;
  let checking: NodeJS.Timeout | undefined;
  let stopped = false;

  /** Puts a lane in line, or forward in it. */
  function lineUp({ workspaceId, laneId }: LaneId, dueAt: number): void {
    if (dueAt < (lines.get(laneId)?.dueAt ?? Infinity)) lines.set(laneId, { workspaceId, laneId, dueAt });
  }

  function pump(): void {
    if (stopped) return;
    const now = performance.now();
    if (now < pausedUntil) return later(pausedUntil - now);
    for (let next = takeNext(now); next; next = takeNext(now)) void start(next.line, next.isNear);
  }

  /** Takes the most urgent lane out of the line, if there is a place for it. */
  function takeNext(now: number): { line: Line; isNear: boolean } | undefined {
    let line: Line | undefined;
    for (const one of lines.values()) if (!line || one.dueAt < line.dueAt) line = one;
    if (!line) return undefined;
    const isNear = line.dueAt - now <= horizonMs;
    if (isNear) {
      if (!hasPlace(now)) {
        checkClaims();
        return undefined;
      }
      near += 1;
    } else {
      if (far >= FAR_WIDTH) return undefined;
      const pauseMs = lastFarAt + FAR_SPACING_MS - now;
      if (pauseMs > 0) {
        later(pauseMs);
        return undefined;
      }
      far += 1;
      lastFarAt = now;
    }
    lines.delete(line.laneId);
    return { line, isNear };
  }

  /**
   * At most W workflows that no activity has taken up yet. When packs are large, rows come so much faster than Temporal
   * takes workflows that more workflows in its queue would bring nothing sooner: those that run release everything due
   * in their lanes, whichever workflow it rides in, and each costs the machine what 40 releases cost (measured). Then
   * one at a time is started.
   */
  function hasPlace(now: number): boolean {
    if (near + unclaimed.size >= config.THROTTLE_STARTER_WIDTH) return false;
    if (!crowded) return true;
    if (near > 0) return false;
    return [...unclaimed.values()].every(({ startedAt }) => now - startedAt > CROWDED_PATIENCE_MS);
  }

  async function start(line: Line, isNear: boolean): Promise<void> {
    let pack: Pack | undefined;
    try {
      pack = await takePack(pool, line, config.THROTTLE_MAX_PER_WORKFLOW);
      if (!pack) return;
      // More may have piled up than fits: the lane stays in line until it gives nothing more.
      lineUp(line, performance.now() + pack.dueInMs);
      if (pack.dueInMs <= horizonMs) {
        unclaimed.set(pack.packId, { ...pack, startedAt: performance.now() });
        crowded = pack.size >= CROWDED_FROM;
      }
      await temporal.startPack(pack);
      metrics.starterPacks.inc({ kind: pack.size > 1 ? 'packed' : 'single' });
      await markPackStarted(pool, pack);
    } catch (error) {
      // The reconciler starts what this could not (law 6); the lane is tried again here as well.
      if (pack) unclaimed.delete(pack.packId);
      logger.warn('A workflow could not be started yet; the reconciler will start it', {
        laneId: line.laneId,
        packId: pack?.packId,
        error,
      });
      lineUp(line, line.dueAt);
      pausedUntil = performance.now() + RETRY_MS;
    } finally {
      if (isNear) near -= 1;
      else far -= 1;
      pump();
    }
  }

  function later(ms: number): void {
    clearTimeout(timer);
    timer = setTimeout(pump, Math.ceil(ms));
  }

  /** NOTIFY is a hint that may be missed; the table knows. */
  function checkClaims(): void {
    if (checking || stopped) return;
    checking = setTimeout(() => {
      checking = undefined;
      claimedPacks(pool, [...unclaimed.values()]).then(
        (claimed) => {
          for (const packId of claimed) unclaimed.delete(packId);
          pump();
        },
        (error: unknown) => {
          logger.warn('Claims of workflows cannot be read; trying again', { error });
          checkClaims();
        },
      );
    }, CHECK_CLAIMS_MS);
  }

  return {
    add(lane, dueInMs) {
      lineUp(lane, performance.now() + dueInMs);
      pump();
    },
    claimed(packId) {
      if (unclaimed.delete(packId)) pump();
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
      clearTimeout(checking);
    },
  };
}
