import { heartbeat } from '@temporalio/activity';
import { inWorkspace } from '../../db/tenant.js';
import { readSteps, openSinceMs, type RegistrationRef } from '../../db/register/registrations.js';
import { endRegistration } from '../../db/register/steps.js';
import { WRITES, type Step, type WritingStep } from '../../domain/register/steps.js';
import { crashPoint } from '../../platform/crashPoint.js';
import type { StepTried } from '../../temporal/register/contract.js';
import { checkStep } from './checkStep.js';
import { createPortalLine, type Turn } from './portalLine.js';
import type { RegisterDependencies } from './registerDependencies.js';
import { linkStep, writeStep } from './writeStep.js';

export type RegisterActivities = ReturnType<typeof createRegisterActivities>;

const ALIVE_EVERY_MS = 3000;
/** So many wait in line beside each four that have a place. */
const WAITING_BESIDE = 4;

export function createRegisterActivities(deps: RegisterDependencies) {
  const { mostOfPortal } = deps;
  const line = createPortalLine({ mostOfPortal, mostWaiting: Math.ceil(mostOfPortal / WAITING_BESIDE) });

  async function turnOf(ref: RegistrationRef): Promise<Turn> {
    const leave = line.take(ref.portalId, ref.registrationId);
    return leave
      ? { leave }
      : line.wait(ref.portalId, { ...ref, sinceMs: await openSinceMs(deps.pool, ref) });
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
      const signs = setInterval(() => heartbeat(), ALIVE_EVERY_MS);
      let turn: Turn | undefined;
      try {
        turn = await turnOf(ref);
        if ('againInMs' in turn) return { state: 'again', inMs: turn.againInMs };
        if (step === 'check') return await checkStep(deps, ref);
        if (isWriting(step)) return await writeStep(deps, ref, step);
        return await linkStep(deps, ref, step);
      } finally {
        clearInterval(signs);
        if (turn && 'leave' in turn) turn.leave();
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
