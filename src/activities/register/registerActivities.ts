import { heartbeat } from '@temporalio/activity';
import { inWorkspace } from '../../db/tenant.js';
import { readSteps, registrationAgeMs, type RegistrationRef } from '../../db/register/registrations.js';
import { endRegistration } from '../../db/register/steps.js';
import { WRITES, type Step, type WritingStep } from '../../domain/register/steps.js';
import { crashPoint } from '../../platform/crashPoint.js';
import type { StepTried } from '../../temporal/register/contract.js';
import { checkStep } from './checkStep.js';
import { createPortalPlaces } from './portalPlaces.js';
import type { RegisterDependencies } from './registerDependencies.js';
import { linkStep, writeStep } from './writeStep.js';

export type RegisterActivities = ReturnType<typeof createRegisterActivities>;

const ALIVE_EVERY_MS = 3000;
const COME_AGAIN = { firstMs: 500, mostMs: 30_000 };

export function createRegisterActivities(deps: RegisterDependencies) {
  const places = createPortalPlaces(deps.mostOfPortal);

  /** Those that are turned away come again after half of the time that they have waited: seldom where many do. */
  async function comeAgain(ref: RegistrationRef): Promise<StepTried> {
    const half = (await registrationAgeMs(deps.pool, ref)) / 2;
    const inMs = Math.min(COME_AGAIN.mostMs, Math.max(COME_AGAIN.firstMs, half)) * (0.75 + Math.random() / 2);
    return { state: 'again', inMs: Math.round(inMs) };
  }

  return {
    /** One try of a step. Safe to repeat and to run twice at once: who was overtaken books nothing. */
    async takeStep(ref: RegistrationRef, step: Step): Promise<StepTried> {
      const portal = await deps.portalResolver.find(ref.portalId);
      if (portal?.workspaceId !== ref.workspaceId) {
        const isEnded = await inWorkspace(deps.pool, ref.workspaceId, (client) =>
          endRegistration(client, ref, 'failed'),
        );
        if (isEnded) deps.metrics.ended('failed');
        return { state: 'over' };
      }
      const leave = places.take(ref.portalId);
      if (!leave) return comeAgain(ref);
      const signs = setInterval(() => heartbeat(), ALIVE_EVERY_MS);
      try {
        if (step === 'check') return await checkStep(deps, ref);
        if (isWriting(step)) return await writeStep(deps, ref, step);
        return await linkStep(deps, ref, step);
      } finally {
        clearInterval(signs);
        leave();
      }
    },

    /** Ends it by what its steps came to. */
    async endRegistration(ref: RegistrationRef): Promise<'done' | 'failed'> {
      const ended = await inWorkspace(deps.pool, ref.workspaceId, async (client) => {
        const steps = await readSteps(client, ref.workspaceId, ref.registrationId);
        const state = steps.every((step) => step.state === 'done') ? 'done' : 'failed';
        return { state, isEnded: await endRegistration(client, ref, state) } as const;
      });
      crashPoint('register.registration.ended');
      if (ended.isEnded) deps.metrics.ended(ended.state);
      return ended.state;
    },
  };
}

function isWriting(step: Step): step is WritingStep {
  return step in WRITES;
}
