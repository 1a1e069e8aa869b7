import { createSyncPortalHook } from '../../activities/sync/portalHook.js';
import { createDispatchActivities } from '../../activities/sync/dispatchActivities.js';
import { createPortalActivities } from '../../activities/sync/portalActivities.js';
import { createEstimateActivities } from '../../activities/sync/estimateActivities.js';
import { createPassActivities } from '../../activities/sync/passActivities.js';
import { createSchemasSweep } from '../../activities/sync/schemasSweep.js';
import { createSyncActivities } from '../../activities/sync/syncActivities.js';
import { createTurns } from '../../activities/sync/turns.js';
import { createDatabaseClock } from '../../db/clock.js';
import { syncRetention } from '../../db/sync/retention.js';
import { syncsWaiting } from '../../db/sync/states.js';
import type { TombstoneKeys } from '../../db/tombstoneKey.js';
import { check } from '../../services/checks.js';
import { createSyncInstruments } from '../../services/sync/instruments.js';
import { DISPATCH_QUEUE, SYNC_QUEUE } from '../../temporal/sync/contract.js';
import { schedulesCheck, SYNC_SCHEDULES } from '../../temporal/sync/schedules.js';
import { createPortalSchedules } from '../../temporal/sync/portalSchedules.js';
import type { SyncStarter } from '../../temporal/sync/starter.js';
import type { Eraser } from '../../services/sync/syncContext.js';
import type { WorkerCore } from '../core.js';
import { createValuesSweep } from '../crm/valuesSweep.js';
import { createRetentionSweeps } from '../retentionSweeps.js';
import type { WorkerRoom } from '../room.js';
import { createPortalSchedulesSweep } from './portalSchedulesSweep.js';
import { createRemakeSweep, createViewsSweep } from '../crm/viewsSweep.js';

/** Reads the records of portals into the mirror. */
export function createSyncRoom(
  core: WorkerCore,
  temporal: SyncStarter,
  handed: { readonly tombstones: Pick<TombstoneKeys, 'of'>; readonly eraser: Eraser },
): WorkerRoom {
  const { config, pool, gateway, logger } = core;
  const tables = syncRetention(config);
  const clock = createDatabaseClock({ pool, logger });
  const stopping = new AbortController();
  const maxErrorShare = config.ERROR_SHARE_PERCENT / 100;
  const metrics = createSyncInstruments(core.metrics);
  const deps = { pool, gateway, clock, ...handed, maxErrorShare, logger, stopping: stopping.signal };
  const turns = createTurns({
    slots: config.WORKER_SYNC_SLOTS,
    waiting: () => syncsWaiting(pool),
    onFailure: (error) => logger.warn('It cannot be seen how many types wait to be read', { error }),
  });
  return {
    activities: {
      [SYNC_QUEUE]: createSyncActivities({ ...deps, metrics, turns }),
      [DISPATCH_QUEUE]: {
        ...createDispatchActivities({ ...deps, metrics, temporal }),
        ...createPassActivities(deps),
        ...createEstimateActivities(deps),
        ...createPortalActivities({ ...deps, metrics, temporal }),
      },
    },
    schedules: SYNC_SCHEDULES,
    // A paused one holds up nothing but what it reads.
    checks: [{ ...check('syncSchedules', schedulesCheck(core.temporal)), helpful: true }],
    sweeps: [
      { name: 'customObjectsRead', everyMs: 15_000, timeoutMs: 60_000, run: createSchemasSweep(core) },
      createPortalSchedulesSweep(pool, createPortalSchedules(core.temporal)),
      createValuesSweep(pool),
      createViewsSweep(pool, logger),
      createRemakeSweep(pool, logger),
      ...createRetentionSweeps(pool, tables),
    ],
    tables,
    portal: createSyncPortalHook(pool),
    start: () => clock.start(),
    drain() {
      stopping.abort();
      clock.stop();
      return Promise.resolve();
    },
  };
}
