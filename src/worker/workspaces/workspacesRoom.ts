import { createNoticeInstruments } from '../../activities/workspaces/instruments.js';
import { createNoticeActivities } from '../../activities/workspaces/noticeActivities.js';
import { startNotices } from '../../activities/workspaces/startNotices.js';
import { WORKSPACE_RETENTION } from '../../db/workspaces/retention.js';
import { createOutboundCalls } from '../../platform/outbound/outboundCalls.js';
import { allowsLocal } from '../../platform/outbound/outboundUrl.js';
import { NOTICES_QUEUE } from '../../temporal/workspaces/contract.js';
import type { NoticeStarter } from '../../temporal/workspaces/starter.js';
import type { WorkerCore } from '../core.js';
import { createRetentionSweeps } from '../retentionSweeps.js';
import type { WorkerRoom } from '../room.js';

/** Delivers notices to the URLs of workspaces. */
export function createWorkspacesRoom(core: WorkerCore, temporal: NoticeStarter): WorkerRoom {
  const { pool, sealing, config, logger } = core;
  const outbound = createOutboundCalls({ allowLocal: allowsLocal(config) });
  const metrics = createNoticeInstruments(core.metrics);
  return {
    activities: {
      [NOTICES_QUEUE]: createNoticeActivities({ pool, sealing, outbound, logger, metrics }),
    },
    sweeps: [
      {
        name: 'noticesStarted',
        everyMs: 0,
        timeoutMs: 20_000,
        run: () => startNotices({ pool, temporal }),
      },
      ...createRetentionSweeps(pool, WORKSPACE_RETENTION),
    ],
    tables: WORKSPACE_RETENTION,
  };
}
