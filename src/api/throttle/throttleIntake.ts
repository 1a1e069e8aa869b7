import { listen } from '../../db/listen.js';
import { createPortalResolver } from '../../db/portals/portalResolver.js';
import type { LaneId } from '../../db/throttle/lanes.js';
import { intakeExecutions, type IntakeAnswer, type IntakeCall } from '../../db/throttle/intake.js';
import type { ThrottleStarter } from '../../temporal/throttle/starter.js';
import { createReplanner } from '../../services/throttle/replanner.js';
import { crashPoint } from '../../platform/crashPoint.js';
import type { ApiCore } from '../core.js';
import { createCommitter } from '../http/committer.js';
import type { SignedRoute } from '../room.js';
import { createActionRoute } from './actionRoute.js';
import { createIntakeInstruments } from './instruments.js';
import { createLaneResolver } from './laneResolver.js';
import { createPackStarter } from './packStarter.js';
import { createThrottleControl, type ThrottleControl } from './throttleControl.js';

export interface ThrottleIntake {
  readonly actionRoute: SignedRoute;
  readonly control: ThrottleControl;
  stop(): Promise<void>;
}

/** Wires the intake of one API process: committer, starter of packs, lanes, and the listener to claims. */
export function createThrottleIntake(core: ApiCore, temporal: ThrottleStarter): ThrottleIntake {
  const { config, intakePool: pool, logger } = core;
  const metrics = createIntakeInstruments(core.metrics);
  const replanner = createReplanner({ pool, temporal, config, logger });
  const starter = createPackStarter({ pool, temporal, config, logger, metrics });
  const portals = createPortalResolver(pool);
  const lanes = createLaneResolver({
    pool,
    portals,
    defaultRate: config.THROTTLE_DEFAULT_RATE,
    logger,
    replan: (lane) => replanner.replan(lane),
  });
  const limits = {
    holdMs: config.THROTTLE_MIN_HOLD_MS,
    blockMinMs: config.THROTTLE_BLOCK_MIN_MS,
    blockMaxMs: config.THROTTLE_BLOCK_MAX_MS,
    guardMs: config.THROTTLE_EXPIRY_GUARD_MS,
  };
  const committer = createCommitter<IntakeCall, IntakeAnswer>({
    commit: (calls) => intakeExecutions(pool, calls, limits),
    committed: () => crashPoint('throttle.intake.committed'),
    onCommitted(calls, answers) {
      metrics.intakeBatchSize.observe(calls.length);
      const firstDue = new Map<string, { lane: LaneId; dueInMs: number }>();
      answers.forEach(({ fresh, state, plannedInMs }, index) => {
        const lane = calls[index];
        if (!lane || !fresh || state !== 'waiting') return;
        const dueInMs = Math.min(plannedInMs ?? 0, firstDue.get(lane.laneId)?.dueInMs ?? Infinity);
        firstDue.set(lane.laneId, { lane, dueInMs });
      });
      for (const { lane, dueInMs } of firstDue.values()) starter.add(lane, dueInMs);
    },
  });
  const listener = listen(config, 'sluice_claimed', { logger, heard: (packId) => starter.claimed(packId) });

  return {
    actionRoute: createActionRoute({
      ...{ pool, committer, portals, lanes, logger, metrics },
      holdMs: config.THROTTLE_MIN_HOLD_MS,
    }),
    control: createThrottleControl({ replanner, starter, logger }),
    async stop() {
      await committer.drain();
      starter.stop();
      await listener.stop();
    },
  };
}
