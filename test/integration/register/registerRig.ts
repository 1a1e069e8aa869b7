import { randomUUID } from 'node:crypto';
import { createPortalProperties } from '../../../src/activities/outbox/portalProperties.js';
import { createPropertyRequests } from '../../../src/activities/outbox/propertyRequests.js';
import { createRegisterActivities } from '../../../src/activities/register/registerActivities.js';
import { STEPS } from '../../../src/domain/register/steps.js';
import { createLogger } from '../../../src/platform/logger.js';
import { createMetrics } from '../../../src/platform/metrics.js';
import { createPortalDefinitions } from '../../../src/services/register/portalDefinitions.js';
import { createPortalWrites } from '../../../src/services/writes/portalWrites.js';
import { WORKSPACE } from '../../support/throttle.js';
import { PORTAL } from '../sandbox/harness.js';
import { freeTurns } from '../../support/freeTurns.js';
import { startWrites } from '../writes/writesRig.js';

export interface Registered {
  readonly contact_id: string;
  readonly deal_ids: readonly string[];
  readonly ticket_ids: readonly string[];
  readonly notes: readonly { readonly path: string; readonly message: string }[];
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
  readonly registration?: {
    readonly id: string;
    readonly created: Pick<Registered, 'deal_ids' | 'ticket_ids'> & { readonly contact_id: string | null };
    readonly failed: readonly { readonly row: string; readonly property: string | null; reason: string }[];
    readonly not_tried: readonly string[];
    readonly resume: string;
  };
}

/** The API before a simulated HubSpot, and the steps of registrations without the workflow that takes them. */
export async function startRegister({ make = true } = {}) {
  const rig = await startWrites();
  const gateway = rig.hubspot;
  const logger = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');
  const clock = { nowMs: () => Date.now() };
  const writes = createPortalWrites({
    gateway: freeTurns(gateway),
    clock,
    logger,
    metrics: createMetrics('test'),
  });
  const ended: string[] = [];
  const definitions = createPortalDefinitions({ gateway, pauseMs: 1 });
  const { takeStep, endRegistration } = createRegisterActivities({
    metrics: { ended: (state) => void ended.push(state), tried: () => undefined },
    ...{ pool: rig.database.pool, gateway, definitions, make, logger, writes, clock },
    properties: createPortalProperties(createPropertyRequests({ gateway, logger, group: 'sluice' })),
    refusePhones: false,
    ...{ patience: { tries: 3, firstPauseMs: 1 }, mostOfPortal: 100 },
    tombstones: { of: () => Promise.reject(new Error('Nothing was erased here')) },
    portalResolver: {
      find: () => Promise.resolve({ workspaceId: WORKSPACE, state: 'active', epoch: 1 } as const),
    },
  });

  /** Takes the steps of what is open, to its end; a step that is to be tried again is tried at once. */
  async function run(registrationId: string): Promise<void> {
    const ref = { workspaceId: WORKSPACE, portalId: PORTAL, registrationId };
    for (const step of STEPS) {
      let tried = await takeStep(ref, step);
      while (tried.state === 'again') tried = await takeStep(ref, step);
      if (tried.state === 'over') return;
    }
    await endRegistration(ref);
  }

  return {
    ...rig,
    run,
    /** How registrations ended, as the metrics tell it. */
    ended,
    /** Registers, and answers as the API does once it has ended. */
    async register(body: unknown, key: string = randomUUID()) {
      const ask = () =>
        rig.api.request<Registered & { id?: string }>('POST', '/crm/register', body, {
          'idempotency-key': key,
          prefer: 'wait=0',
        });
      const first = await ask();
      if (first.status !== 202) return first;
      await run(first.body.id ?? '');
      return ask();
    },
    async end() {
      await writes.stop();
      await rig.end();
    },
  };
}
export type RegisterRig = Awaited<ReturnType<typeof startRegister>>;
