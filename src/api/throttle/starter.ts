import type { Config } from '../../platform/config/config.js';
import type { Pool } from '../../db/pool.js';
import {
  claimedPacks,
  markPackStarted,
  takePack,
  type LaneId,
  type Pack,
  type PackId,
} from '../../db/throttle/packs.js';
import type { Logger } from '../../platform/logger.js';
import type { IntakeInstruments } from './instruments.js';
import type { ThrottleStarter } from '../../temporal/throttle/starter.js';

interface Dependencies {
  pool: Pool;
  temporal: ThrottleStarter;
  config: Pick<Config, 'THROTTLE_STARTER_WIDTH' | 'THROTTLE_MAX_PER_WORKFLOW' | 'THROTTLE_HORIZON_MS'>;
  logger: Logger;
  metrics: Pick<IntakeInstruments, 'starterPacks'>;
}

/** Workflows that only set a timer need not hurry: so many at once, and not faster than this. */
const FAR_WIDTH = 2;
const FAR_SPACING_MS = 12;
const CHECK_CLAIMS_MS = 250;
/** A pack of so many says that rows come faster than Temporal takes workflows. */
const CROWDED_FROM = 25;
/** Meanwhile they are started one after the other; one that is not taken up in this time is not waited for. */
const CROWDED_PATIENCE_MS = 1000;
/** Temporal is away: the relay has the rest; this process tries again meanwhile. */
const RETRY_MS = 1000;

/**
 * Starts the workflows of committed executions. It keeps at most W workflows that are due within the horizon and that no
 * activity has claimed yet; what has piled up in a lane when a place comes free is the next pack. So each execution has a
 * workflow of its own while Temporal keeps up, and up to `maxPerWorkflow` share one when it does not (DESIGN §4.1.5).
 */
export class Starter {
  readonly #deps: Dependencies;
  /** Lanes with executions that ride in no workflow yet → when their first is due (monotonic ms). */
  readonly #lanes = new Map<string, LaneId & { readonly dueAt: number }>();
  readonly #unclaimed = new Map<string, PackId & { readonly startedAt: number }>();
  #near = 0;
  #far = 0;
  #lastFarAt = -Infinity;
  /** The last pack was a large one. */
  #crowded = false;
  #heldUntil = -Infinity;
  #timer: NodeJS.Timeout | undefined;
  #checking: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** The lane has executions to start, the first of them due in `dueInMs`. */
  add(lane: LaneId, dueInMs: number): void {
    this.#line(lane, performance.now() + dueInMs);
    this.#pump();
  }

  /** Puts a lane in line, or forward in it. */
  #line({ workspaceId, laneId }: LaneId, dueAt: number): void {
    if (dueAt < (this.#lanes.get(laneId)?.dueAt ?? Infinity))
      this.#lanes.set(laneId, { workspaceId, laneId, dueAt });
  }

  /** An activity has claimed the pack: its place is free. */
  claimed(packId: string): void {
    if (this.#unclaimed.delete(packId)) this.#pump();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#checking);
  }

  #pump(): void {
    if (this.#stopped) return;
    const now = performance.now();
    if (now < this.#heldUntil) return this.#later(this.#heldUntil - now);
    for (;;) {
      const next = this.#next(now);
      if (!next) return;
      this.#lanes.delete(next.lane.laneId);
      void this.#start(next.lane, next.near);
    }
  }

  /** The most urgent lane for which there is a place. */
  #next(now: number): { lane: LaneId & { readonly dueAt: number }; near: boolean } | undefined {
    let lane: (LaneId & { readonly dueAt: number }) | undefined;
    for (const one of this.#lanes.values()) if (!lane || one.dueAt < lane.dueAt) lane = one;
    if (!lane) return undefined;
    const near = lane.dueAt - now <= this.#deps.config.THROTTLE_HORIZON_MS;
    if (near) {
      if (!this.#hasPlace(now)) {
        this.#checkClaims();
        return undefined;
      }
      this.#near += 1;
      return { lane, near };
    }
    if (this.#far >= FAR_WIDTH) return undefined;
    const pauseMs = this.#lastFarAt + FAR_SPACING_MS - now;
    if (pauseMs > 0) {
      this.#later(pauseMs);
      return undefined;
    }
    this.#far += 1;
    this.#lastFarAt = now;
    return { lane, near };
  }

  /**
   * At most W workflows that nobody has taken up yet. When packs are large, rows come so much faster than Temporal takes workflows that more
   * of them in its queue would bring nothing sooner: the workflows that run release what is due in their lanes, whether it rides in one or
   * not, and each costs the machine what 40 releases cost (measured). Then one at a time is started.
   */
  #hasPlace(now: number): boolean {
    if (this.#near + this.#unclaimed.size >= this.#deps.config.THROTTLE_STARTER_WIDTH) return false;
    if (!this.#crowded) return true;
    if (this.#near > 0) return false;
    return [...this.#unclaimed.values()].every(({ startedAt }) => now - startedAt > CROWDED_PATIENCE_MS);
  }

  async #start(lane: LaneId & { readonly dueAt: number }, near: boolean): Promise<void> {
    const { pool, temporal, config, logger, metrics } = this.#deps;
    let pack: Pack | undefined;
    try {
      pack = await takePack(pool, lane, config.THROTTLE_MAX_PER_WORKFLOW);
      if (!pack) return;
      // More may have piled up than fits: the lane stays in line until it gives nothing more.
      this.#line(lane, performance.now() + pack.dueInMs);
      const due = pack.dueInMs <= config.THROTTLE_HORIZON_MS;
      if (due) {
        this.#unclaimed.set(pack.packId, { ...pack, startedAt: performance.now() });
        this.#crowded = pack.size >= CROWDED_FROM;
      }
      await temporal.startPack(pack);
      metrics.starterPacks.inc({ kind: pack.size > 1 ? 'packed' : 'single' });
      await markPackStarted(pool, pack);
    } catch (error) {
      // The relay starts what this could not (law 6); the lane is tried again here as well.
      if (pack) this.#unclaimed.delete(pack.packId);
      logger.warn('A workflow could not be started yet; the relay will see to it', {
        laneId: lane.laneId,
        packId: pack?.packId,
        error,
      });
      this.#line(lane, lane.dueAt);
      this.#heldUntil = performance.now() + RETRY_MS;
    } finally {
      if (near) this.#near -= 1;
      else this.#far -= 1;
      this.#pump();
    }
  }

  #later(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#pump(), Math.ceil(ms));
  }

  /** NOTIFY is a hint that may be missed; the table knows. */
  #checkClaims(): void {
    if (this.#checking || this.#stopped) return;
    this.#checking = setTimeout(() => {
      this.#checking = undefined;
      claimedPacks(this.#deps.pool, [...this.#unclaimed.values()]).then(
        (claimed) => {
          for (const packId of claimed) this.#unclaimed.delete(packId);
          this.#pump();
        },
        (error: unknown) => {
          this.#deps.logger.warn('Claims of workflows cannot be read; trying again', { error });
          this.#checkClaims();
        },
      );
    }, CHECK_CLAIMS_MS);
  }
}
