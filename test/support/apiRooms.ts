import { createActionIntake } from '../../src/api/actions/actionIntake.js';
import { createActionsRoom } from '../../src/api/actions/actionsRoom.js';
import { createAttentionRoom } from '../../src/api/attention/attentionRoom.js';
import { createCrmRoom } from '../../src/api/crm/crmRoom.js';
import { findMirror } from '../../src/db/sync/views.js';
import { createRegisterRoom } from '../../src/api/register/registerRoom.js';
import { createSyncRoom } from '../../src/api/sync/syncRoom.js';
import { createAuditRoom } from '../../src/api/audit/auditRoom.js';
import type { ApiCore } from '../../src/api/core.js';
import { createApp } from '../../src/api/http/app.js';
import { createOutboxPortalNotes } from '../../src/api/outbox/portalNotes.js';
import { createOutboxRoom } from '../../src/api/outbox/outboxRoom.js';
import type { InstallJournal } from '../../src/api/portals/install/installJournal.js';
import { createPortalsRoom } from '../../src/api/portals/portalsRoom.js';
import { refuseUnknownPortal } from '../../src/api/portals/refuseUnknownPortal.js';
import { createPrivacyRoom } from '../../src/api/privacy/privacyRoom.js';
import { PERSONAL_DATA } from '../../src/db/allPersonalData.js';
import { createSearchRoom } from '../../src/api/search/searchRoom.js';
import type { ApiRoom } from '../../src/api/room.js';
import type { ThrottleControl } from '../../src/api/throttle/throttleControl.js';
import type { ThrottleIntake } from '../../src/api/throttle/throttleIntake.js';
import { OPERATIONS } from '../../src/api/operations.js';
import { referenceDocuments, type ReferenceDocuments } from '../../src/api/reference/referenceDocuments.js';
import { createReferenceRoom } from '../../src/api/reference/referenceRoom.js';
import { createThrottleRoom } from '../../src/api/throttle/throttleRoom.js';
import { refuseUnknownKey } from '../../src/api/workspaces/refuseUnknownKey.js';
import { createWebhookIntake } from '../../src/api/webhooks/webhookIntake.js';
import { createWebhooksRoom } from '../../src/api/webhooks/webhooksRoom.js';
import { createFreshRecords } from '../../src/api/writes/freshRecords.js';
import { createWritesRoom } from '../../src/api/writes/writesRoom.js';
import { freeTurns } from './freeTurns.js';
import type { Gateway } from '../../src/hubspot/gateway/gateway.js';
import { createWorkspacesRoom } from '../../src/api/workspaces/workspacesRoom.js';
import type { ActionRunStarter } from '../../src/temporal/actions/starter.js';
import type { SyncStarter } from '../../src/temporal/sync/starter.js';
import type { Health } from '../../src/platform/health.js';
import { definitionsOf } from '../../src/services/definitions/loadDefinitions.js';
import { loadConfig } from '../../src/platform/config/config.js';
import { createLogger } from '../../src/platform/logger.js';
import { createMetrics } from '../../src/platform/metrics.js';
import { willingHubSpot } from './willingHubSpot.js';
import { buildWithRoutes, type Route } from './routes.js';

let made: ReferenceDocuments | undefined;
/** Made for the tests that read them. */
const documents = () => (made ??= referenceDocuments(OPERATIONS));

/** The rooms of the API over a throttle and a Temporal that only record their calls. */
export function createTestRooms(
  core: ApiCore,
  calls: string[],
  control: Partial<ThrottleControl> = {},
  journal?: InstallJournal,
  health: Pick<Health, 'problems'> = { problems: () => Promise.resolve([]) },
  readLoadFacts: SyncStarter['readLoadFacts'] = () => Promise.resolve(undefined),
  gateway: Pick<Gateway, 'request'> = willingHubSpot,
): ApiRoom[] {
  const intake: ThrottleIntake = {
    actionRoute: {
      ...{
        method: 'POST',
        path: '/api/hubspot/action',
        maxBytes: 1024 * 1024,
        signatures: ['v2'],
        retryAfterUnit: 'milliseconds',
      },
      answer: () => Promise.resolve({ result: 'handled', status: 200, body: { handled: true } }),
      answered: () => undefined,
    },
    control: {
      replan: async (lanes) => void calls.push(`replan ${lanes.map((lane) => lane.laneId).join(',')}`),
      wakeEnding: async ({ laneId }) => void calls.push(`wakeEnding ${laneId}`),
      startLane: ({ laneId }) => void calls.push(`startLane ${laneId}`),
      ...control,
    },
    stop: () => Promise.resolve(),
  };
  const written = {
    ...{ gateway: freeTurns(gateway), clock: { nowMs: () => Date.now() } },
    tombstones: { of: () => Promise.reject(new Error('Nothing was erased here')) },
  };
  const actionRuns: ActionRunStarter = {
    startRun: async ({ runId }) => void calls.push(`run ${runId}`),
    startPack: async ({ runs }) => void calls.push(...runs.map(({ runId }) => `run ${runId}`)),
    bringToEnd: async ({ callbackId }) => void calls.push(`cancel run ${callbackId}`),
  };
  const rooms = [
    createThrottleRoom(core, intake),
    createActionsRoom(core, createActionIntake(core, actionRuns, gateway), actionRuns),
    createPortalsRoom(
      core,
      {
        startInstall: async ({ portalId, epoch }) => void calls.push(`install ${portalId}/${epoch}`),
        startDisconnect: async ({ portalId, epoch }) => void calls.push(`disconnect ${portalId}/${epoch}`),
      },
      [createOutboxPortalNotes(core)],
      journal,
    ),
    createOutboxRoom(core, {
      startDelivery: async ({ portalId }) => void calls.push(`deliver ${portalId}`),
      startRedrive: async ({ redriveId }) => void calls.push(`redrive ${redriveId}`),
      cancelRedrive: async (redriveId) => calls.push(`cancel ${redriveId}`) > 0,
    }),
    createSyncRoom(core, {
      startSync: async ({ portalId, objectType }) => void calls.push(`sync ${portalId}/${objectType}`),
      readLoadFacts,
      hurryPass: async (pass) => void calls.push(`pass ${pass}`),
    }),
    createRegisterRoom(
      core,
      {
        startRegistration: async ({ portalId }) => void calls.push(`register ${portalId}`),
        awaitRegistration: async ({ portalId }) => void calls.push(`register ${portalId}`),
      },
      written,
    ),
    createWritesRoom(core, written),
    createCrmRoom(core, {
      findMirror: findMirror(core.pool),
      fresh: createFreshRecords({ pool: core.pool, ...written }),
    }),
    createWebhooksRoom(core, createWebhookIntake(core), { nowMs: () => Date.now() }),
    createPrivacyRoom(core, PERSONAL_DATA),
    createWorkspacesRoom(core),
    createAuditRoom(core, { portal: refuseUnknownPortal, key: refuseUnknownKey }),
  ];
  return [
    createReferenceRoom(core, documents),
    ...rooms,
    createAttentionRoom(core, health, rooms),
    createSearchRoom(core, rooms),
  ];
}

/** HubSpot's calls are no routes of Express. */
export function signedRoutesOf(rooms: readonly ApiRoom[]): Route[] {
  return rooms.flatMap(({ signed = [] }) => signed.map(({ method, path }) => ({ method, path })));
}

/** Every route that the API serves, without a request to any of them. */
export function servedRoutes(): readonly Route[] {
  const config = loadConfig({
    DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/nothing',
    HUBSPOT_APP_ID: '1',
    HUBSPOT_CLIENT_ID: 'client',
    HUBSPOT_CLIENT_SECRET: 'secret',
    ENCRYPTION_KEYS: `dev:${Buffer.alloc(32).toString('base64')}`,
    LOG_LEVEL: 'silent',
  });
  const core = {
    ...{ config, logger: createLogger(config, 'test'), metrics: createMetrics('test') },
    definitions: definitionsOf(),
    actionSecrets: new Map() as ApiCore['actionSecrets'],
  } as ApiCore;
  const unused = {} as never;
  const rooms = createTestRooms(core, []);
  const { routes } = buildWithRoutes(() => createApp({ ...core, keys: unused, health: unused }, rooms));
  return [...routes, ...signedRoutesOf(rooms)];
}
