import type { Config } from '../../platform/config/config.js';
import type { Pool } from '../../db/pool.js';
import type { LaneId } from '../../db/throttle/lanes.js';
import { claimedPacks, markPackStarted, takePack, type Pack } from '../../db/throttle/packs.js';
import { crashPoint } from '../../platform/crashPoint.js';
import { createKeyedBackoff } from '../../platform/keyedBackoff.js';
import type { Logger } from '../../platform/logger.js';
import type { ThrottleStarter } from '../../temporal/throttle/starter.js';
import type { IntakeInstruments } from './instruments.js';
import { createStarterPlaces, type Place } from './starterPlaces.js';

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

const CHECK_CLAIMS_MS = 250;
/** A lane whose workflows cannot be started is left alone for so long; the reconciler starts them as well. */
const LANE_BACKOFF_MS = { firstMs: 1000, maxMs: 60_000 };
/** So many lanes in a row, and it is none of them: Temporal or the database is away, and all wait for a moment. */
const AWAY_AFTER_LANES = 3;
const AWAY_MS = 1000;

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
  const places = createStarterPlaces({ width: config.THROTTLE_STARTER_WIDTH, horizonMs });
  /** Lanes with executions that ride in no workflow yet. */
  const lines = new Map<string, Line>();
  const failing = createKeyedBackoff(LANE_BACKOFF_MS);
  /** Lanes whose start failed since the last one that did not. */
  const failedInARow = new Set<string>();
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
    for (let line = mostUrgent(); line; line = mostUrgent()) {
      const taken = places.take(line.dueAt, now);
      if (!('place' in taken)) {
        if (taken.needs === 'claim') checkClaims();
        if (taken.needs === 'time') later(taken.ms);
        return;
      }
      lines.delete(line.laneId);
      void start(line, taken.place);
    }
    const leftMs = [...lines.keys()].map((laneId) => failing.leftMs(laneId));
    if (leftMs.length > 0) later(Math.min(...leftMs));
  }

  function mostUrgent(): Line | undefined {
    let first: Line | undefined;
    for (const line of lines.values())
      if ((!first || line.dueAt < first.dueAt) && failing.leftMs(line.laneId) === 0) first = line;
    return first;
  }

  async function start(line: Line, place: Place): Promise<void> {
    let pack: Pack | undefined;
    try {
      pack = await takePack(pool, line, config.THROTTLE_MAX_PER_WORKFLOW);
      if (!pack) return;
      crashPoint('throttle.starter.pack-taken');
      // More may have piled up than fits: the lane stays in line until it gives nothing more.
      lineUp(line, performance.now() + pack.dueInMs);
      if (pack.dueInMs <= horizonMs) places.started(pack, performance.now());
      await temporal.startPack(pack);
      crashPoint('throttle.starter.workflow-started');
      metrics.starterPacks.inc({ kind: pack.size > 1 ? 'packed' : 'single' });
      await markPackStarted(pool, pack);
      crashPoint('throttle.starter.pack-noted');
      failing.succeeded(line.laneId);
      failedInARow.clear();
    } catch (error) {
      // The reconciler starts what this could not (law 6); the lane is tried again here as well.
      if (pack) places.claimed(pack.packId);
      logger.warn('A workflow could not be started yet; the reconciler will start it', {
        laneId: line.laneId,
        packId: pack?.packId,
        error,
      });
      lineUp(line, line.dueAt);
      failing.failed(line.laneId);
      failedInARow.add(line.laneId);
      if (failedInARow.size >= AWAY_AFTER_LANES) pausedUntil = performance.now() + AWAY_MS;
    } finally {
      places.giveBack(place);
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
      claimedPacks(pool, places.unclaimed()).then(
        (claimed) => {
          for (const packId of claimed) places.claimed(packId);
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
      if (places.claimed(packId)) pump();
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
      clearTimeout(checking);
    },
  };
}
