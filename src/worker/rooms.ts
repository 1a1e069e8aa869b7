import { createActionRunStarter } from '../temporal/actions/starter.js';
import { createFeedDeliveryStarter } from '../temporal/crm/starter.js';
import { createOutboxStarter } from '../temporal/outbox/starter.js';
import { createRegisterStarter } from '../temporal/register/starter.js';
import { createSyncStarter } from '../temporal/sync/starter.js';
import { createPortalStarter } from '../temporal/portals/starter.js';
import { createThrottleStarter } from '../temporal/throttle/starter.js';
import { createJournalStarter } from '../temporal/webhooks/starter.js';
import { createNoticeStarter } from '../temporal/workspaces/starter.js';
import { PERSONAL_DATA } from '../db/allPersonalData.js';
import { createEraser } from '../services/privacy/eraser.js';
import { createTombstoneKeys } from '../services/privacy/tombstoneKeys.js';
import { createActionsRoom } from './actions/actionsRoom.js';
import { createAuditRoom } from './audit/auditRoom.js';
import type { WorkerCore } from './core.js';
import { createInstallationRoom } from './installation/installationRoom.js';
import { createOutboxRoom } from './outbox/outboxRoom.js';
import { createPortalsRoom } from './portals/portalsRoom.js';
import { createPrivacyRoom } from './privacy/privacyRoom.js';
import type { WorkerRoom } from './room.js';
import { createCrmRoom } from './crm/crmRoom.js';
import { createRegisterRoom } from './register/registerRoom.js';
import { createSyncRoom } from './sync/syncRoom.js';
import { createThrottleRoom } from './throttle/throttleRoom.js';
import { createTokensRoom } from './tokens/tokensRoom.js';
import { createWebhooksRoom } from './webhooks/webhooksRoom.js';
import { createWorkspacesRoom } from './workspaces/workspacesRoom.js';

/**
 * The rooms of the worker. Base rooms know nothing of the others: what these do when a portal comes or goes is handed
 * over.
 */
export function createRooms(core: WorkerCore): WorkerRoom[] {
  const { config, temporal } = core;
  const tombstones = createTombstoneKeys(core);
  const eraser = createEraser(tombstones);
  const features = [
    createThrottleRoom(core, createThrottleStarter(temporal, config)),
    createActionsRoom(core, createActionRunStarter(temporal)),
    createOutboxRoom(core, createOutboxStarter(temporal)),
    createSyncRoom(core, createSyncStarter(temporal), { tombstones, eraser }),
    createWebhooksRoom(core, createJournalStarter(temporal), { tombstones, eraser }),
    createCrmRoom(core, createFeedDeliveryStarter(temporal)),
    createRegisterRoom(core, createRegisterStarter(temporal), { tombstones }),
  ];
  const hooks = features.flatMap(({ portal }) => portal ?? []);
  return [
    ...features,
    createWorkspacesRoom(core, createNoticeStarter(temporal)),
    createAuditRoom(core),
    createInstallationRoom(core),
    createPortalsRoom(core, createPortalStarter(temporal), hooks),
    createTokensRoom(core),
    createPrivacyRoom(core, PERSONAL_DATA),
  ];
}
