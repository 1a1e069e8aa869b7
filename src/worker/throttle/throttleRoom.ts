import { createReleaseInstruments } from '../../activities/throttle/instruments.js';
import { createThrottlePortalHook } from '../../activities/throttle/portalHook.js';
import { createReleaser } from '../../activities/throttle/releaser.js';
import { createResumeReleases } from '../../activities/throttle/resumeReleases.js';
import { createThrottleActivities } from '../../activities/throttle/throttleActivities.js';
import { createThrottleSweeps } from '../../activities/throttle/throttleSweeps.js';
import { throttleRetention } from '../../db/throttle/retention.js';
import { createReplanner } from '../../services/throttle/replanner.js';
import { THROTTLE_QUEUE } from '../../temporal/throttle/contract.js';
import type { ThrottleStarter } from '../../temporal/throttle/starter.js';
import type { WorkerCore } from '../core.js';
import { createRetentionSweeps } from '../retentionSweeps.js';
import type { WorkerRoom } from '../room.js';

/** Releases executions, each in its turn. */
export function createThrottleRoom(core: WorkerCore, temporal: ThrottleStarter): WorkerRoom {
  const { pool, config, logger } = core;
  const tables = throttleRetention(config);
  const replanner = createReplanner({ pool, temporal, config, logger });
  const releaser = createReleaser({
    ...core,
    metrics: createReleaseInstruments(core.metrics),
    suspensionOver(portal, lastedMs) {
      resume(portal, lastedMs).catch((error: unknown) =>
        logger.warn('The lanes of a portal could not be looked at; the reconciler does it', {
          ...portal,
          error,
        }),
      );
    },
  });
  const resume = createResumeReleases({ pool, replanner, releaser, logger });
  return {
    activities: { [THROTTLE_QUEUE]: createThrottleActivities({ pool, releaser, config, logger }) },
    sweeps: [
      ...createThrottleSweeps({ pool, temporal, releaser, replanner, config, logger }),
      ...createRetentionSweeps(pool, tables),
    ],
    tables,
    portal: createThrottlePortalHook({ pool, replanner, logger }),
    drain: () => releaser.stop(),
  };
}
