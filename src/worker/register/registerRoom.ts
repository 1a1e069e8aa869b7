import { createRegisterActivities } from '../../activities/register/registerActivities.js';
import { createPortalProperties } from '../../activities/outbox/portalProperties.js';
import { createPropertyRequests } from '../../activities/outbox/propertyRequests.js';
import { createDatabaseClock } from '../../db/clock.js';
import type { TombstoneKeys } from '../../db/tombstoneKey.js';
import { createPortalWrites } from '../../services/writes/portalWrites.js';
import { registrationsDue } from '../../db/register/registrations.js';
import { REGISTER_RETENTION } from '../../db/register/retention.js';
import { eachAlone, throwFirst } from '../../platform/eachAlone.js';
import { STEPS } from '../../domain/register/steps.js';
import { createRegisterInstruments } from '../../services/register/instruments.js';
import { createPortalDefinitions } from '../../services/register/portalDefinitions.js';
import { REGISTER_QUEUE } from '../../temporal/register/contract.js';
import type { RegisterStarter } from '../../temporal/register/starter.js';
import type { WorkerCore } from '../core.js';
import { createRetentionSweeps } from '../retentionSweeps.js';
import type { WorkerRoom } from '../room.js';

const MAX_PER_SWEEP = 200;
/** Of the slots of a worker one portal has this share at most. */
const SHARE_OF_PORTAL = 0.25;

/** Writes contacts with their deals and tickets. */
export function createRegisterRoom(
  core: WorkerCore,
  temporal: RegisterStarter,
  { tombstones }: { readonly tombstones: Pick<TombstoneKeys, 'of'> },
): WorkerRoom {
  const { pool, config, logger, metrics, gateway } = core;
  const clock = createDatabaseClock({ pool, logger });
  // Those of all registrations of a portal together, in as few calls as possible.
  const writes = createPortalWrites({ gateway, clock, logger, metrics });
  const requests = createPropertyRequests({ ...core, group: config.OUTBOX_PROPERTY_GROUP });
  return {
    activities: {
      [REGISTER_QUEUE]: createRegisterActivities({
        ...core,
        ...{ writes, clock, tombstones },
        metrics: createRegisterInstruments(core.metrics, STEPS),
        definitions: createPortalDefinitions(core),
        properties: createPortalProperties(requests),
        make: config.OUTBOX_CREATE_PROPERTIES,
        refusePhones: config.REGISTER_REFUSE_PHONES,
        mostOfPortal: Math.max(1, Math.floor(config.WORKER_REGISTER_SLOTS * SHARE_OF_PORTAL)),
        patience: { tries: config.REGISTER_MAX_ATTEMPTS, firstPauseMs: config.REGISTER_FIRST_PAUSE_MS },
      }),
    },
    sweeps: [
      {
        name: 'registrationsStarted',
        everyMs: 0,
        timeoutMs: 20_000,
        async run() {
          const due = await registrationsDue(pool, MAX_PER_SWEEP);
          const started = await eachAlone(due, 'registration', async (registration) => {
            await temporal.startRegistration(registration);
            return 1;
          });
          throwFirst(started);
          return started.did;
        },
      },
      ...createRetentionSweeps(pool, REGISTER_RETENTION),
    ],
    tables: REGISTER_RETENTION,
    start: () => clock.start(),
    async drain() {
      clock.stop();
      await writes.stop();
    },
  };
}
