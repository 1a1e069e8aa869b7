import type { Pool } from '../../db/pool.js';
import type { PortalResolver } from '../../db/portals/portalResolver.js';
import { forWorkspace } from '../../db/tenant.js';
import {
  ensureLane,
  noteInputRate,
  resolveRateOfLane,
  setInputRate,
  type LaneInputs,
  type LaneName,
} from '../../db/throttle/lanes.js';
import type { LaneId } from '../../db/throttle/packs.js';
import type { Rate } from '../../domain/throttle/rate.js';
import type { Logger } from '../../platform/logger.js';
import type { ActionCall } from './call.js';

interface Dependencies {
  pool: Pool;
  portals: PortalResolver;
  defaultRate: Rate;
  logger: Logger;
  replan: (lane: LaneId) => Promise<void>;
}

const MAX_CACHED = 20_000;
/** Other processes may change the inputs that were taken last: what is cached is believed for so long. */
const CACHE_TTL_MS = 30_000;

type Cached = LaneInputs & LaneId & { readonly readAt: number };

/** Finds the lane of a call, in memory after the first one, and follows the rate that its step's input fields ask for. */
export class LaneDirectory {
  readonly #deps: Dependencies;
  readonly #cache = new Map<string, Cached>();
  readonly #loading = new Map<string, Promise<Cached | undefined>>();

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** The lane. Undefined when the call's portal is not known here. */
  resolve(call: ActionCall): LaneId | Promise<LaneId | undefined> {
    const cacheKey = `${call.lane.portalId}|${call.lane.key}`;
    const cached = this.#cache.get(cacheKey);
    if (cached && performance.now() - cached.readAt < CACHE_TTL_MS && !asksForOtherRate(cached, call))
      return cached;
    return this.#load(cacheKey, call);
  }

  async #load(cacheKey: string, call: ActionCall): Promise<Cached | undefined> {
    const running = this.#loading.get(cacheKey);
    if (running) return running;
    const loading = this.#read(cacheKey, call).finally(() => this.#loading.delete(cacheKey));
    this.#loading.set(cacheKey, loading);
    return loading;
  }

  async #read(cacheKey: string, call: ActionCall): Promise<Cached | undefined> {
    const { pool, portals, defaultRate } = this.#deps;
    const { rate, note } = call.input;
    const portal = await portals.find(call.lane.portalId);
    if (!portal) {
      this.#cache.delete(cacheKey);
      return undefined;
    }
    const { workspaceId } = portal;
    const db = forWorkspace(pool, workspaceId);
    let lane = await ensureLane(db, call.lane, { default: defaultRate, input: rate, note });
    // A rate that was configured while the lane was being made is not lost on it.
    if (lane?.made) await resolveRateOfLane(db, defaultRate, lane.laneId);
    if (lane && asksForOtherRate(lane, call)) lane = await this.#follow(workspaceId, lane, call);
    this.#cache.delete(cacheKey);
    if (!lane) return undefined;
    const cached = { ...lane, workspaceId, readAt: performance.now() };
    if (this.#cache.size >= MAX_CACHED) this.#cache.clear();
    this.#cache.set(cacheKey, cached);
    return cached;
  }

  async #follow(workspaceId: string, lane: LaneInputs, call: ActionCall): Promise<LaneInputs> {
    const { pool, defaultRate, logger, replan } = this.#deps;
    const { rate, note } = call.input;
    const { laneId } = lane;
    const db = forWorkspace(pool, workspaceId);
    if (note !== null) {
      await noteInputRate(db, laneId, note);
      logger.warn('A rate in the input fields cannot be taken', {
        portalId: call.lane.portalId,
        laneId,
        note,
      });
      return { ...lane, rateNote: note };
    }
    const step = stepOf(call.lane);
    await setInputRate(db, laneId, step, rate);
    const changed = await resolveRateOfLane(db, defaultRate, laneId);
    if (changed.length > 0) {
      // The call does not wait for the new plan: the release reads the rate in force.
      replan({ workspaceId, laneId }).catch((error: unknown) => {
        logger.error('A lane could not be planned anew', { laneId, error });
      });
    }
    return {
      laneId,
      inputStep: rate ? step : null,
      inputLimit: rate?.limit ?? null,
      inputIntervalMs: rate?.intervalMs ?? null,
      rateNote: null,
    };
  }
}

function stepOf(lane: LaneName): string {
  return `${lane.workflowId}/${lane.step}`;
}

/**
 * Whether the step that rules the lane now asks for something else than what was noted. Another step's inputs never count:
 * two steps that share a queue with different inputs must not flap it.
 */
function asksForOtherRate(lane: LaneInputs, call: ActionCall): boolean {
  if (lane.inputStep !== null && lane.inputStep !== stepOf(call.lane)) return false;
  const { rate, note } = call.input;
  if (note !== null || lane.rateNote !== null) return lane.rateNote !== note;
  return lane.inputLimit !== (rate?.limit ?? null) || lane.inputIntervalMs !== (rate?.intervalMs ?? null);
}
