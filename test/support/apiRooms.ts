import { createAuditRoom } from '../../src/api/audit/auditRoom.js';
import type { ApiCore } from '../../src/api/core.js';
import { createApp } from '../../src/api/http/app.js';
import { createOutboxRoom } from '../../src/api/outbox/outboxRoom.js';
import { createPortalsRoom } from '../../src/api/portals/portalsRoom.js';
import type { ApiRoom } from '../../src/api/room.js';
import type { ThrottleControl } from '../../src/api/throttle/throttleControl.js';
import type { ThrottleIntake } from '../../src/api/throttle/throttleIntake.js';
import { createThrottleRoom } from '../../src/api/throttle/throttleRoom.js';
import { createWorkspacesRoom } from '../../src/api/workspaces/workspacesRoom.js';
import { loadConfig } from '../../src/platform/config/config.js';
import { createLogger } from '../../src/platform/logger.js';
import { createMetrics } from '../../src/platform/metrics.js';
import { buildWithRoutes, type Route } from './routes.js';

/** The rooms of the API over a throttle and a Temporal that only note what they are told. */
export function createTestRooms(
  core: ApiCore,
  told: string[],
  control: Partial<ThrottleControl> = {},
): ApiRoom[] {
  const intake: ThrottleIntake = {
    actionHandler: (_request, response) => void response.json({ handled: true }),
    control: {
      replan: async (lanes) => void told.push(`replan ${lanes.map((lane) => lane.laneId).join(',')}`),
      wakeEnding: async ({ laneId }) => void told.push(`wakeEnding ${laneId}`),
      startLane: ({ laneId }) => void told.push(`startLane ${laneId}`),
      ...control,
    },
    stop: () => Promise.resolve(),
  };
  return [
    createThrottleRoom(core, intake),
    createPortalsRoom(core, {
      startInstall: async ({ portalId, epoch }) => void told.push(`install ${portalId}/${epoch}`),
      startDisconnect: async ({ portalId, epoch }) => void told.push(`disconnect ${portalId}/${epoch}`),
    }),
    createOutboxRoom(core, {
      startDelivery: async ({ portalId }) => void told.push(`deliver ${portalId}`),
      startRedrive: async ({ redriveId }) => void told.push(`redrive ${redriveId}`),
      cancelRedrive: async (redriveId) => told.push(`cancel ${redriveId}`) > 0,
    }),
    createWorkspacesRoom(core),
    createAuditRoom(core),
  ];
}

/** Every route that the API serves; nothing is asked. */
export function servedRoutes(): readonly Route[] {
  const config = loadConfig({
    DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/nothing',
    HUBSPOT_APP_ID: '1',
    HUBSPOT_CLIENT_ID: 'client',
    HUBSPOT_CLIENT_SECRET: 'secret',
    ENCRYPTION_KEYS: `dev:${Buffer.alloc(32).toString('base64')}`,
    LOG_LEVEL: 'silent',
  });
  const core = { config, logger: createLogger(config, 'test'), metrics: createMetrics('test') } as ApiCore;
  const unused = {} as never;
  return buildWithRoutes(() =>
    createApp({ ...core, keys: unused, health: unused }, createTestRooms(core, [])),
  ).routes;
}
