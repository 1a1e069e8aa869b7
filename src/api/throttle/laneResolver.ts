import type { Pool } from '../../db/pool.js';
import type { PortalResolver } from '../../db/portals/portalResolver.js';
import { inWorkspace } from '../../db/tenant.js';
import {
  ensureLane,
  noteInputRate,
  setInputRate,
  setInputSpread,
  type LaneId,
  type LaneInputs,
  type LaneName,
} from '../../db/throttle/lanes.js';
import { resolveRateOfLane } from '../../db/throttle/ratePrecedence.js';
import { withinBoth, type Rate } from '../../domain/throttle/rate.js';
import { createCache } from '../../platform/cache.js';
import { crashPoint } from '../../platform/crashPoint.js';
import type { Logger } from '../../platform/logger.js';
import type { ActionCall } from './call.js';

interface Dependencies {
  readonly pool: Pool;
  readonly portals: PortalResolver;
  readonly defaultRate: Rate;
  readonly logger: Logger;
  readonly replan: (lane: LaneId) => Promise<void>;
}

export interface LaneResolver {
  /** The lane of the call; at once when it is in memory. Undefined when the call's portal is not installed here. */
  resolve(call: ActionCall): LaneId | Promise<LaneId | undefined>;
}

const MAX_CACHED = 20_000;
/** Other processes may change the inputs that were taken last, so a lane is read again after this time. */
const CACHE_TTL_MS = 30_000;

type Lane = LaneInputs & LaneId;

const SHARED =
  'Its calls do not tell of which step they are: the slowest of all the rates that they ask for applies';

/**
 * Finds the lane of a call, in memory after the first one, and follows what its step's input fields ask for: its rate,
 * and whether it is spread evenly.
 */
export function createLaneResolver(deps: Dependencies): LaneResolver {
  const { pool, portals, defaultRate, logger, replan } = deps;
  const cache = createCache<string, Lane>({ max: MAX_CACHED, ttlMs: CACHE_TTL_MS });
  const loading = new Map<string, Promise<Lane | undefined>>();

  function load(cacheKey: string, call: ActionCall): Promise<Lane | undefined> {
    const running = loading.get(cacheKey);
    if (running) return running;
    const lane = read(cacheKey, call).finally(() => loading.delete(cacheKey));
    loading.set(cacheKey, lane);
    return lane;
  }

  async function read(cacheKey: string, call: ActionCall): Promise<Lane | undefined> {
    const { rate, note, spread = null } = call.input;
    const portal = await portals.find(call.lane.portalId);
    if (!portal) {
      cache.delete(cacheKey);
      return undefined;
    }
    const { workspaceId } = portal;
    const first = { default: defaultRate, input: rate, note, spread };
    let inputs = await ensureLane(pool, workspaceId, call.lane, first);
    crashPoint('throttle.intake.lane-made');
    if (inputs && asksForOther(inputs, call, defaultRate)) inputs = await follow(workspaceId, inputs, call);
    cache.delete(cacheKey);
    if (!inputs) return undefined;
    const lane = { ...inputs, workspaceId };
    cache.set(cacheKey, lane);
    return lane;
  }

  /** Puts the rate of the call's input fields in force, or notes why it cannot be taken. */
  async function follow(workspaceId: string, lane: LaneInputs, call: ActionCall): Promise<LaneInputs> {
    const { note } = call.input;
    const { laneId } = lane;
    const rate = note === null ? rateAskedFor(lane, call, defaultRate) : null;
    const spread = spreadAskedFor(lane, call);
    const shared = call.lane.sharedBySteps ? SHARED : null;
    const step = stepOf(call.lane);
    // Together: what is noted is not asked for again, so it has to be in force.
    const changed = await inWorkspace(pool, workspaceId, async (client) => {
      if (note === null) await setInputRate(client, laneId, step, rate, shared);
      else await noteInputRate(client, laneId, note);
      const spreads = await setInputSpread(client, laneId, step, spread);
      return (await resolveRateOfLane(client, defaultRate, laneId)) || spreads;
    });
    if (note !== null)
      logger.warn('A rate in the input fields cannot be taken', {
        portalId: call.lane.portalId,
        laneId,
        note,
      });
    crashPoint('throttle.intake.rate-followed');
    if (changed) {
      // The call does not wait for the new plan: the release reads the rate in force.
      replan({ workspaceId, laneId }).catch((error: unknown) => {
        logger.error('A lane could not be planned anew', { laneId, error });
      });
    }
    if (note !== null)
      return {
        ...lane,
        rateNote: note,
        inputSpread: spread,
        inputStep: lane.inputStep ?? (spread === null ? null : step),
      };
    return {
      laneId,
      inputStep: rate || spread !== null ? step : null,
      inputLimit: rate?.limit ?? null,
      inputIntervalMs: rate?.intervalMs ?? null,
      rateNote: shared,
      inputSpread: spread,
    };
  }

  return {
    resolve(call) {
      const cacheKey = `${call.lane.portalId}|${call.lane.key}`;
      const cached = cache.get(cacheKey);
      return cached && !asksForOther(cached, call, defaultRate) ? cached : load(cacheKey, call);
    },
  };
}

function stepOf(lane: LaneName): string {
  return `${lane.workflowId}/${lane.step}`;
}

/**
 * Whether the step that rules the lane now asks for something else than was noted. Another step's inputs never count:
 * two steps that share a queue with different inputs must not make it flap.
 */
function asksForOther(lane: LaneInputs, call: ActionCall, fallback: Rate): boolean {
  const { note } = call.input;
  const { queue, sharedBySteps } = call.lane;
  if (!sharedBySteps && queue !== null && !isRuledBy(lane, call.lane)) return false;
  if (spreadAskedFor(lane, call) !== lane.inputSpread) return true;
  if (sharedBySteps) {
    if (note !== null) return lane.rateNote === null;
  } else if (note !== null || lane.rateNote !== null) return lane.rateNote !== note;
  const rate = rateAskedFor(lane, call, fallback);
  return lane.inputLimit !== (rate?.limit ?? null) || lane.inputIntervalMs !== (rate?.intervalMs ?? null);
}

function isRuledBy({ inputStep }: LaneInputs, name: LaneName): boolean {
  return (
    inputStep === null || inputStep === stepOf(name) || inputStep === `${name.workflowId}/${name.formerStep}`
  );
}

/** Where several steps may share the lane, it is spread once one of them asks for it: that is too fast for none. */
function spreadAskedFor({ inputSpread }: LaneInputs, { lane, input }: ActionCall): boolean | null {
  const { spread = inputSpread } = input;
  return lane.sharedBySteps && inputSpread === true ? true : spread;
}

/**
 * The rate that the lane is to have by its calls. Where several steps may share it, it is never too fast for any of
 * those that came: one that asks for nothing counts on the rate that is set for all.
 */
function rateAskedFor(
  { inputLimit, inputIntervalMs }: LaneInputs,
  { lane, input }: ActionCall,
  fallback: Rate,
): Rate | null {
  if (!lane.sharedBySteps) return input.rate;
  const known =
    inputLimit === null || inputIntervalMs === null
      ? null
      : { limit: inputLimit, intervalMs: inputIntervalMs };
  if (known === null && input.rate === null) return null;
  return withinBoth(known ?? fallback, input.rate ?? fallback);
}
