import { createOutboxStarter } from '../temporal/outbox/starter.js';
import { createPortalStarter } from '../temporal/portals/starter.js';
import { createRegisterStarter } from '../temporal/register/starter.js';
import { createSyncStarter } from '../temporal/sync/starter.js';
import { createThrottleStarter } from '../temporal/throttle/starter.js';
import type { DatabaseClock } from '../db/clock.js';
import type { Gateway } from '../hubspot/gateway/gateway.js';
import { createTombstoneKeys } from '../services/privacy/tombstoneKeys.js';
import type { Health } from '../platform/health.js';
import { createActionRunStarter } from '../temporal/actions/starter.js';
import { createActionIntake } from './actions/actionIntake.js';
import { createActionIntakeRoom, createActionsRoom } from './actions/actionsRoom.js';
import { createAttentionRoom } from './attention/attentionRoom.js';
import { createAuditRoom } from './audit/auditRoom.js';
import { createCrmRoom } from './crm/crmRoom.js';
import { createRegisterRoom } from './register/registerRoom.js';
import { createSyncRoom } from './sync/syncRoom.js';
import { findMirror } from '../db/sync/views.js';
import type { ApiCore } from './core.js';
import { PERSONAL_DATA } from '../db/allPersonalData.js';
import { createPrivacyRoom } from './privacy/privacyRoom.js';
import { createOutboxPortalNotes } from './outbox/portalNotes.js';
import { createOutboxRoom } from './outbox/outboxRoom.js';
import { OPERATIONS } from './operations.js';
import type { InstallJournal } from './portals/install/installJournal.js';
import { createPortalsRoom } from './portals/portalsRoom.js';
import { refuseUnknownPortal } from './portals/refuseUnknownPortal.js';
import { referenceDocuments } from './reference/referenceDocuments.js';
import { createReferenceRoom } from './reference/referenceRoom.js';
import { createSearchRoom } from './search/searchRoom.js';
import type { ApiRoom } from './room.js';
import { createThrottleIntake } from './throttle/throttleIntake.js';
import { createThrottleIntakeRoom, createThrottleRoom } from './throttle/throttleRoom.js';
import { refuseUnknownKey } from './workspaces/refuseUnknownKey.js';
import { createWebhookIntake } from './webhooks/webhookIntake.js';
import { createWebhookIntakeRoom, createWebhooksRoom } from './webhooks/webhooksRoom.js';
import { createFreshRecords } from './writes/freshRecords.js';
import { createWritesRoom } from './writes/writesRoom.js';
import { createWorkspacesRoom } from './workspaces/workspacesRoom.js';

/** The rooms of which HubSpot calls something, as the intake has them: those calls and nothing else. */
export function createIntakeRooms(core: ApiCore, gateway: Pick<Gateway, 'request'>): ApiRoom[] {
  const { config, temporal } = core;
  return [
    createThrottleIntakeRoom(core, createThrottleIntake(core, createThrottleStarter(temporal, config))),
    createActionIntakeRoom(createActionIntake(core, createActionRunStarter(temporal), gateway)),
    createWebhookIntakeRoom(createWebhookIntake(core)),
  ];
}

/** The rooms of the API, one line each. `journal`: where there is one, installs are kept until they are stored. */
export function createRooms(
  core: ApiCore,
  health: Pick<Health, 'problems'>,
  clock: Pick<DatabaseClock, 'nowMs'>,
  gateway: Pick<Gateway, 'request' | 'acquire' | 'blocked'>,
  journal?: InstallJournal,
): ApiRoom[] {
  const { config, temporal } = core;
  const tombstones = createTombstoneKeys(core);
  const documents = referenceDocuments(OPERATIONS); // now, and not while requests wait
  const rooms = [
    createThrottleRoom(core, createThrottleIntake(core, createThrottleStarter(temporal, config))),
    createActionsRoom(
      core,
      createActionIntake(core, createActionRunStarter(temporal), gateway),
      createActionRunStarter(temporal),
    ),
    createPortalsRoom(core, createPortalStarter(temporal), [createOutboxPortalNotes(core)], journal),
    createOutboxRoom(core, createOutboxStarter(temporal)),
    createSyncRoom(core, createSyncStarter(temporal)),
    createWritesRoom(core, { gateway, clock, tombstones }),
    createCrmRoom(core, {
      findMirror: findMirror(core.pool),
      fresh: createFreshRecords({ pool: core.pool, gateway, clock, tombstones }),
    }),
    createRegisterRoom(core, createRegisterStarter(temporal), { gateway }),
    createWebhooksRoom(core, createWebhookIntake(core), clock),
    createPrivacyRoom(core, PERSONAL_DATA),
    createWorkspacesRoom(core),
    createAuditRoom(core, { portal: refuseUnknownPortal, key: refuseUnknownKey }),
  ];
  return [
    ...rooms,
    createAttentionRoom(core, health, rooms),
    createSearchRoom(core, rooms),
    createReferenceRoom(core, () => documents),
  ];
}
